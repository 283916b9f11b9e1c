"""Writes the Hugging Face folder of the tiny Qwen3: config, byte-level tokenizer, chat template and f16 weights."""

import json
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

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

CONFIG = {
    "architectures": ["Qwen3ForCausalLM"],
    "attention_bias": False,
    "attention_dropout": 0.0,
    "bos_token_id": None,
    "eos_token_id": END,
    "head_dim": 32,
    "hidden_act": "silu",
    "hidden_size": 128,
    "initializer_range": 0.02,
    "intermediate_size": 512,
    "max_position_embeddings": 512,
    "model_type": "qwen3",
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_key_value_heads": 2,
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


def write_folder(folder: Path) -> None:
    """Everything but the weights."""
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", CONFIG)
    write_json(folder / "generation_config.json", GENERATION_CONFIG)
    write_json(folder / "tokenizer.json", tokenizer_json())
    write_json(folder / "tokenizer_config.json", TOKENIZER_CONFIG)


def write_weights(folder: Path, weights: dict[str, torch.Tensor]) -> None:
    """`weights`: Hugging Face names, any float type; stored as f16. The head is tied, so it has no tensor of its own."""
    halves = {name: w.detach().to(torch.float16).contiguous() for name, w in weights.items()}
    save_file(halves, folder / "model.safetensors", metadata={"format": "pt"})


def read_weights(folder: Path) -> dict[str, torch.Tensor]:
    return {name: w.to(torch.float32) for name, w in load_file(folder / "model.safetensors").items()}


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
