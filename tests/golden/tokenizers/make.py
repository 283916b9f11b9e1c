"""Writes the golden files beside it: small vocabularies trained here, in the shape of each family of the model line-up, and
what the Python packages `tokenizers` 0.23.3 (Apache-2.0) and `tiktoken` 0.14.0 (MIT) make of a set of texts with them.

    python3 -m venv .venv && .venv/bin/pip install tokenizers==0.23.3 tiktoken==0.14.0
    .venv/bin/python tests/golden/tokenizers/make.py

All texts are written or generated here; no model's vocabulary is contained.
"""

import base64
import hashlib
import json
import pathlib
import random
import unicodedata

import tiktoken
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[2]

SENTENCES = """
The trainer can't say what it'll do; we've asked, they're sure, I'm not, and she'd rather wait. IT'S SHOUTING, DON'T YOU'LL WE'VE.
Learning rates of 0.0001, 3e-4 and 1,234,567 tokens in 2026-11-22T12:34:56Z; 1/2 + 3.14 = 3.64, 50 % of 100 000.
def step(loss: float) -> None:\n    optimizer.step()\n\n\tprint(f"loss={loss:.3f}")  # done\r\n    return None\n
const x = { "key": [1, 2, 3], 'other': null } // comment\n<div class="a">text</div>\n\n\n  indented   by  spaces   \n
Größe, Ärger und Straße: Übermut tut selten gut. L'été où l'âme naïve rêve à Noël. Łódź, žluťoučký kůň, ñandú.
Быстрая лиса прыгает через ленивую собаку, а потом СПИТ. Η γρήγορη αλεπού πηδάει. Ένα δύο τρία.
快速的狐狸跳过懒狗。今天天气很好，我们去公园散步吧！月亮在水里，GPT和中文English混合。
速い狐は怠け者の犬を飛び越える。カタカナとひらがな、漢字が混ざる。빠른 갈색 여우가 게으른 개를 뛰어넘는다.
الثعلب السريع يقفز فوق الكلب الكسول. השועל המהיר קופץ. तेज़ लोमड़ी आलसी कुत्ते के ऊपर कूदती है। สุนัขจิ้งจอกกระโดด
🙂🙃👩‍👩‍👧‍👦🏳️‍🌈🇩🇪 ok 👍🏽!!! ... --- *** ???!?! <<>> {}[]() // \\\\ ## @@ $$ %% ^^ && || ~~ ``` ''' \"\"\"
camelCase PascalCase snake_case SCREAMING_CASE kebab-case XMLHttpRequest iPhone15Pro HTTP2 x86_64 utf8 v1.2.3
""".strip().split("\n")

SPECIAL_TEXTS = [
    "<|im_start|>user\nHi<|im_end|>", "a<|im_end|><|im_end|>b", "<|im_end", "|im_end|>", "<|IM_END|>", "x <|im_end|> y",
    "<think>2+2</think>", "before<think> after", "<|im_start|><|im_end|>", "[EOS]", "[EOS][BOS] [EOS]",
]

ODD = [
    "a", " ", "  ", "\n", "\n\n", "\r\n", " \n ", "\t\t", "   x", "x   ", "a\u00a0b", "\u0085", "a\u0085b", "\ufeff", "\ufeffabc", "a\ufeffb",
    "\u200b\u200d", "e\u0301", "é", "\u1e9b\u0323", "ſ", "DON'ſ", "it'ſ", "K\u212a", "'S'T'RE'VE'M'LL'D", "'s 't 're", "’s it’s", "\x00\x01\x1f\x7f",
    "\ufffd", "\u2028\u2029", "\u3000全角　空白", "１２３４５", "Ⅷ ½ ²", "१२३४५", "12345678901234567890", "ǅ ǈ ǲ", "ʰʲˀ", "́a", "中", "中a", "a中", "中1中",
    "々〆〇", "𠮷野家", "㍿", "ﬁ ﬂ", "ÅÅÅ", "한글", "\u1112\u1161\u11ab", "🇩", "👩‍", "constructor toString __proto__", "https://a.b/c?d=e&f=g#h",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "=" * 70, " " * 70, "\n" * 9, "-" * 3 + "\n" * 3 + " " * 3,
    "word " * 20, "/path/to/file.txt\n", "!/\n/", "...\r\n\r\n", "hello\rworld",
]


def random_texts(count):
    rng = random.Random(20261122)
    pools = [
        lambda: chr(rng.randrange(32, 127)), lambda: rng.choice(" \n\t\r  "), lambda: chr(rng.randrange(0xA0, 0x250)),
        lambda: chr(rng.randrange(0x370, 0x530)), lambda: chr(rng.randrange(0x4E00, 0x9FA5)), lambda: chr(rng.randrange(0x3040, 0x30FF)),
        lambda: chr(rng.randrange(0x1F300, 0x1F650)), lambda: chr(rng.randrange(0x300, 0x36F)), lambda: chr(rng.randrange(0x2000, 0x206F)),
        lambda: rng.choice("0123456789"), lambda: chr(rng.choice([0x85, 0xFEFF, 0x200B, 0x3000, 0x180E, 0x1680])),
    ]
    texts = []
    for _ in range(count):
        pool = rng.choices(pools, k=rng.randrange(1, 4))
        text = "".join(rng.choice(pool)() for _ in range(rng.randrange(1, 30)))
        # Characters that newer Unicode versions assigned are classed differently by older engines: not what is compared.
        texts.append("".join(c for c in text if unicodedata.category(c) != "Cn"))
    return [text for text in texts if text]


TEXTS = SENTENCES + SPECIAL_TEXTS + ODD + random_texts(70)

CONTRACTION = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
SPACES = r"\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}", r"\p{Ll}\p{Lm}\p{Lo}\p{M}"
QWEN = rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"
QWEN35 = rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?[\p{{L}}\p{{M}}]+|\p{{N}}| ?[^\s\p{{L}}\p{{M}}\p{{N}}]+[\r\n]*|{SPACES}"
LLAMA3 = rf"{CONTRACTION}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{SPACES}"
O200K = "|".join([
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+{CONTRACTION}?", rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*{CONTRACTION}?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
NEMOTRON = "|".join([
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]*[{LOWER}]+", rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}]+[{LOWER}]*",
    r"\p{N}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
DEEPSEEK = ("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
            "| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")
KIMI = "|".join([
    r"[\p{Han}]+",
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]*[{LOWER}&&[^\p{{Han}}]]+{CONTRACTION}?",
    rf"[^\r\n\p{{L}}\p{{N}}]?[{UPPER}&&[^\p{{Han}}]]+[{LOWER}&&[^\p{{Han}}]]*{CONTRACTION}?",
    r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])

SPECIALS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]


def split(pattern):
    return pre_tokenizers.Split(Regex(pattern), "isolated")


def byte_level(patterns, *, normalizer=None, size=700, ignore_merges=False):
    tokenizer = Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [split(p) for p in patterns] + [pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator(TEXTS * 2, trainer)
    add(tokenizer)
    return tokenizer


def add(tokenizer):
    tokenizer.add_special_tokens([AddedToken(s, normalized=False, special=True) for s in SPECIALS])
    tokenizer.add_tokens([AddedToken(s, normalized=False, special=False) for s in ["<think>", "</think>"]])


def llama3():
    tokenizer = byte_level([LLAMA3], ignore_merges=True)
    bos = tokenizer.token_to_id("<|endoftext|>")
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", bos)])])
    return tokenizer


def metaspace_bpe():
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    tokenizer.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    fallback = [f"<0x{b:02X}>" for b in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=700, special_tokens=["<unk>", *fallback], limit_alphabet=120, show_progress=False)
    tokenizer.train_from_iterator([t.replace(" ", "▁") for t in SENTENCES], trainer)
    # The trainer marks all of them special; in such files the byte tokens are ordinary entries of the vocabulary.
    written = json.loads(tokenizer.to_str())
    written["added_tokens"] = [t for t in written["added_tokens"] if t["content"] == "<unk>"]
    tokenizer = Tokenizer.from_str(json.dumps(written))
    add(tokenizer)
    return tokenizer


def unigram():
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    trainer = trainers.UnigramTrainer(vocab_size=500, special_tokens=["<unk>"], unk_token="<unk>", show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    add(tokenizer)
    return tokenizer


def word_piece():
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(cleanup=False)
    trainer = trainers.WordPieceTrainer(vocab_size=500, special_tokens=["[UNK]"], show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    add(tokenizer)
    return tokenizer


FAMILIES = {
    "qwen3": lambda: byte_level([QWEN], normalizer=normalizers.NFC()),
    "qwen3_5": lambda: byte_level([QWEN35], normalizer=normalizers.NFC()),
    "llama3": llama3,
    "deepseek": lambda: byte_level([r"\p{N}{1,3}", "[一-龥぀-ゟ゠-ヿ]+", DEEPSEEK]),
    "gpt_oss": lambda: byte_level([O200K]),
    "nemotron": lambda: byte_level([NEMOTRON]),
    "metaspace_bpe": metaspace_bpe,
    "unigram": unigram,
    "word_piece": word_piece,
}


def ids_of(tokenizer, text, plain):
    tokenizer.encode_special_tokens = plain
    return tokenizer.encode(text, add_special_tokens=False).ids


def hf_golden(make):
    tokenizer = make()
    plain = [ids_of(tokenizer, text, True) for text in TEXTS]
    special = {i: ids_of(tokenizer, text, False) for i, text in enumerate(TEXTS) if "<|" in text}
    return {
        "tokenizer": json.loads(tokenizer.to_str()),
        "config": {"eos_token": "<|im_end|>", "bos_token": None, "clean_up_tokenization_spaces": False},
        "plain": plain,
        "special": special,
        "decoded": [tokenizer.decode(ids, skip_special_tokens=False) for ids in plain],
        "decodedSpecial": {i: tokenizer.decode(ids, skip_special_tokens=False) for i, ids in special.items()},
    }


BYTE_OF = {c: b for b, c in enumerate(
    [chr(b) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174 else None for b in range(256)]) if c}
_next = 256
for _b in range(256):
    if _b not in BYTE_OF.values():
        BYTE_OF[chr(_next)] = _b
        _next += 1


def ranks_of(pattern):
    """Ranks of a trained BPE: the bytes first, then what each merge forms, in the order of the merges."""
    merges = json.loads(byte_level([pattern], size=900).to_str())["model"]["merges"]
    ranks = {bytes([b]): b for b in range(256)}
    for left, right in merges:
        ranks.setdefault(bytes(BYTE_OF[c] for c in left + right), len(ranks))
    return ranks


def kimi_parts(text, longest_text=400_000, longest_run=25_000):
    """How Kimi's tokenizer code cuts long texts before it asks tiktoken."""
    for at in range(0, len(text), longest_text):
        part = text[at:at + longest_text]
        run, start, space = 0, 0, part[0].isspace()
        for i, c in enumerate(part):
            if c.isspace() == space:
                run += 1
                if run > longest_run:
                    yield part[start:i]
                    start, run = i, 1
            else:
                space, run = not space, 1
        yield part[start:]


LONG = [["a", 100_000], [" ", 60_000], ["ab ", 20_000], ["中", 30_000], ["=", 30_001], ["x\u3000\u0085", 9_000], ["🙂", 26_000], ["word and ", 50_000]]


def digest(ids):
    return hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()


def tiktoken_golden(name, pattern):
    ranks = ranks_of(pattern)
    first = len(ranks)
    named = {"[BOS]": first, "[EOS]": first + 1, "<|im_end|>": first + 3, "<|im_start|>": first + 4}
    by_id = {i: n for n, i in named.items()}
    specials = {by_id.get(i, f"<|reserved_token_{i}|>"): i for i in range(first, first + 256)}
    encoding = tiktoken.Encoding(name=name, pat_str=pattern, mergeable_ranks=ranks, special_tokens=specials)
    parts = kimi_parts if name == "kimi" else lambda text: [text]
    plain = [encoding.encode_ordinary(text) for text in TEXTS]
    some = {"[EOS]"}
    return {
        "pattern": name,
        "ranks": [base64.b64encode(token).decode() for token, _ in sorted(ranks.items(), key=lambda kv: kv[1])],
        "config": {
            "bos_token": "[BOS]", "eos_token": {"content": "[EOS]"},
            "added_tokens_decoder": {str(i): {"content": n, "special": True} for n, i in named.items()},
        },
        "plain": plain,
        "special": {i: encoding.encode(text, allowed_special="all") for i, text in enumerate(TEXTS) if "<|" in text or "[" in text},
        "some": {i: encoding.encode(text, allowed_special=some, disallowed_special=()) for i, text in enumerate(TEXTS) if "[" in text},
        "decoded": [encoding.decode(ids) for ids in plain],
        "long": [
            {"unit": unit, "times": times, "count": len(ids), "sha256": digest(ids)}
            for unit, times in LONG
            for ids in [[i for part in parts(unit * times) for i in encoding.encode_ordinary(part)]]
        ],
    }


def write(name, golden):
    compact = json.dumps(golden, ensure_ascii=True, separators=(",", ":"))
    (HERE / f"{name}.json").write_text(compact + "\n")
    print(name, len(compact))


write("texts", TEXTS)
for family, maker in FAMILIES.items():
    write(family, hf_golden(maker))
write("tiktoken_kimi", tiktoken_golden("kimi", KIMI))
write("tiktoken_o200k", tiktoken_golden("o200k", O200K))
write("tiktoken_cl100k", tiktoken_golden("cl100k", LLAMA3))
