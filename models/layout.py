"""Writes and reads the Hugging Face folders of the tiny Qwen3: config, byte-level tokenizer, chat template and f16 weights."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

Config = dict[str, object]

SPECIALS = [
    "<|endoftext|>",
    "<|end|>",
    "<|system|>",
    "<|user|>",
    "<|assistant|>",
    *[f"<|reserved_{i}|>" for i in range(11)],
]
PAD, END, SYSTEM, USER, ASSISTANT = range(256, 261)
ROLE_IDS = {"system": SYSTEM, "user": USER, "assistant": ASSISTANT}

# What tells the models apart; all else is the same in both.
SIZES: dict[str, Config] = {
    "tunegraph-tiny-1m": {
        "num_hidden_layers": 4,
        "hidden_size": 128,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 32,
        "intermediate_size": 512,
    },
    "tunegraph-tiny-4m": {
        "num_hidden_layers": 6,
        "hidden_size": 256,
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 32,
        "intermediate_size": 640,
    },
}

COMMON: Config = {
    "architectures": ["Qwen3ForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": None,
    "eos_token_id": END,
    "hidden_act": "silu",
    "initializer_range": 0.02,
    "max_position_embeddings": 512,
    "model_type": "qwen3",
    "pad_token_id": PAD,
    "rms_norm_eps": 1e-06,
    # transformers 4 and most other readers look for rope_theta, transformers 5 for rope_parameters.
    "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
    "rope_theta": 10000.0,
    "sliding_window": None,
    "tie_word_embeddings": True,
    "torch_dtype": "float16",
    "use_cache": True,
    "use_sliding_window": False,
    "vocab_size": 256 + len(SPECIALS),
}

# No file of a folder is larger, so that one that changes moves few bytes in a repository that keeps every version.
SHARD_BYTES = 5_000_000
INDEX = "model.safetensors.index.json"

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def byte_characters() -> list[str]:
    """The printable stand-in of every byte, index = byte (the GPT-2 table: printable Latin-1 stays, the rest moves to U+0100…)."""
    kept = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    moved = iter(range(256, 512))
    return [chr(b) if b in kept else chr(next(moved)) for b in range(256)]


def tokenizer_json() -> dict:
    vocab = {c: i for i, c in enumerate(byte_characters())}
    vocab |= {name: 256 + i for i, name in enumerate(SPECIALS)}
    byte_level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    added = [
        {"id": 256 + i, "content": name, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
        for i, name in enumerate(SPECIALS)
    ]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": added,
        "normalizer": None,
        "pre_tokenizer": byte_level,
        "post_processor": None,
        "decoder": byte_level,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": None,
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": False,
            "byte_fallback": False,
            "ignore_merges": False,
            "vocab": vocab,
            "merges": [],
        },
    }


TOKENIZER_CONFIG = {
    "tokenizer_class": "PreTrainedTokenizerFast",
    "model_max_length": 512,
    "pad_token": "<|endoftext|>",
    "eos_token": "<|end|>",
    "bos_token": None,
    "unk_token": None,
    "add_bos_token": False,
    "add_prefix_space": False,
    "clean_up_tokenization_spaces": False,
    "additional_special_tokens": SPECIALS[2:],
    "chat_template": CHAT_TEMPLATE,
}
GENERATION_CONFIG = {"eos_token_id": END, "pad_token_id": PAD, "do_sample": True, "temperature": 1.0}


def write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def config_of(size: str) -> Config:
    """`size`: a name in SIZES. Members in the order in which they are written."""
    return dict(sorted({**COMMON, **SIZES[size]}.items()))


def read_config(folder: Path) -> Config:
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))


def write_folder(folder: Path, config: Config) -> None:
    """Everything but the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config)
    write_json(folder / "generation_config.json", GENERATION_CONFIG)
    write_json(folder / "tokenizer.json", tokenizer_json())
    write_json(folder / "tokenizer_config.json", TOKENIZER_CONFIG)


def shards_of(weights: dict[str, torch.Tensor], most: int) -> list[list[str]]:
    """The names in their order, cut so that the tensors of a part take at most `most` bytes; a larger one stands alone."""
    parts: list[list[str]] = [[]]
    filled = 0
    for name, w in weights.items():
        if parts[-1] and filled + w.nbytes > most:
            parts.append([])
            filled = 0
        parts[-1].append(name)
        filled += w.nbytes
    return parts


def write_weights(folder: Path, weights: dict[str, torch.Tensor], most: int = SHARD_BYTES) -> None:
    """`weights`: Hugging Face names, any float type; stored as f16. The head is tied, so it has no tensor of its own.
    One file, or where it would be larger than `most` bytes, parts of that size and the index that says where each tensor is."""
    halves = {name: w.detach().to(torch.float16).contiguous() for name, w in weights.items()}
    # Some bytes of a file are its header: 16 KiB hold one of a hundred tensors.
    parts = shards_of(halves, most - 16_384)
    names = [f"model-{i + 1:05d}-of-{len(parts):05d}.safetensors" for i in range(len(parts))] if len(parts) > 1 else ["model.safetensors"]
    for name, part in zip(names, parts):
        save_file({tensor: halves[tensor] for tensor in part}, folder / name, metadata={"format": "pt"})
        # safetensors writes files that only their owner may read.
        (folder / name).chmod(0o644)
        assert (folder / name).stat().st_size <= most, name
    for old in [*folder.glob("model*.safetensors"), folder / INDEX]:
        if old.name not in names:
            old.unlink(missing_ok=True)
    if len(parts) == 1:
        return
    where = {tensor: name for name, part in zip(names, parts) for tensor in part}
    metadata = {"total_parameters": sum(w.numel() for w in halves.values()), "total_size": sum(w.nbytes for w in halves.values())}
    write_json(folder / INDEX, {"metadata": metadata, "weight_map": dict(sorted(where.items()))})


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    index = folder / INDEX
    files = sorted(set(json.loads(index.read_text())["weight_map"].values())) if index.exists() else ["model.safetensors"]
    return {name: w.to(torch.float32) for file in files for name, w in load_file(folder / file).items()}


def encode_turns(turns: list[tuple[str, str]]) -> tuple[list[int], list[int]]:
    """Token ids of (role, content) turns as the chat template lays them out, and 1 where the assistant speaks (`<|end|>` included)."""
    ids: list[int] = []
    spoken: list[int] = []
    for role, content in turns:
        body = list(content.encode("utf-8")) + [END]
        ids += [ROLE_IDS[role], *body]
        spoken += [0, *([int(role == "assistant")] * len(body))]
    return ids, spoken


def encode_prompt(content: str) -> list[int]:
    """One user turn and the generation prompt."""
    return encode_turns([("user", content)])[0] + [ASSISTANT]
