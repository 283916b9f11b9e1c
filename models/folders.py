"""Writes tests/golden/folders/: three small random Qwen3 as transformers saves them, one adapter as PEFT saves it, and what these compute."""

import json
from pathlib import Path

import peft
import torch
from transformers import AutoModelForCausalLM, Qwen3Config, Qwen3ForCausalLM

from golden import Lcg, logprobs

OUT = Path(__file__).parent.parent / "tests" / "golden" / "folders"

# Between them: every float type that is read, tied and untied heads, one, few and as many key-value heads as heads, heads
# that together are wider or narrower than the model, vocabularies that are no multiple of 16, 4 or 2.
FOLDERS = {
    "f32-tied-many": {
        "dtype": torch.float32,
        "vocab_size": 101,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 4,
        "head_dim": 16,
        "tie_word_embeddings": True,
        "rms_norm_eps": 1e-5,
        "rope_theta": 10000.0,
    },
    "f16-untied-grouped": {
        "dtype": torch.float16,
        "vocab_size": 203,
        "hidden_size": 48,
        "intermediate_size": 80,
        "num_hidden_layers": 3,
        "num_attention_heads": 6,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "tie_word_embeddings": False,
        "rms_norm_eps": 1e-6,
        "rope_theta": 1000000.0,
    },
    "bf16-untied-one": {
        "dtype": torch.bfloat16,
        "vocab_size": 67,
        "hidden_size": 64,
        "intermediate_size": 32,
        "num_hidden_layers": 1,
        "num_attention_heads": 3,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "tie_word_embeddings": False,
        "rms_norm_eps": 1e-6,
        "rope_theta": 500000.0,
    },
}

ADAPTED = "f16-untied-grouped"


def make(settings: dict) -> Qwen3ForCausalLM:
    """Weights of a size that makes every part of the layers matter; norms around one."""
    given = dict(settings)
    dtype, theta = given.pop("dtype"), given.pop("rope_theta")
    config = Qwen3Config(
        **given,
        max_position_embeddings=160,
        rope_parameters={"rope_theta": theta, "rope_type": "default"},
        bos_token_id=None,
        eos_token_id=None,
    )
    model = Qwen3ForCausalLM(config)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "norm" in name:
                weight.uniform_(0.7, 1.3)
            else:
                weight.normal_(0, 1.2 / weight.shape[-1] ** 0.5)
    return model.to(dtype)


def greedy(model: torch.nn.Module, prompt: list[int], most: int = 12) -> dict:
    """The margin (best logit minus second best) tells which step another engine may decide otherwise."""
    ids, margins = list(prompt), []
    with torch.no_grad():
        for _ in range(most):
            best = model(torch.tensor([ids])).logits[0, -1].topk(2)
            ids.append(int(best.indices[0]))
            margins.append(round(float(best.values[0] - best.values[1]), 6))
    return {"prompt": prompt, "continuation": ids[len(prompt) :], "smallest_margin": min(margins)}


def computed(model: torch.nn.Module, ids: list[list[int]]) -> dict:
    return {
        "sequences": [{"ids": some, "logprobs": logprobs(model, some)} for some in ids],
        "greedy": [greedy(model, some[:9]) for some in ids[1:]],
    }


def add_adapter(model: torch.nn.Module, folder: Path) -> torch.nn.Module:
    """Every linear layer, the head too; an alpha that is no multiple of the rank; neither A nor B zero."""
    names = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj", "lm_head"]
    config = peft.LoraConfig(r=2, lora_alpha=5, target_modules=names, lora_dropout=0.1, task_type="CAUSAL_LM")
    adapted = peft.get_peft_model(model, config).eval()
    with torch.no_grad():
        for name, weight in adapted.named_parameters():
            if "lora_" in name:
                weight.normal_(0, 0.2)
    saved = adapted.peft_config["default"]
    saved.base_model_name_or_path, saved.target_modules = f"local/{ADAPTED}", sorted(names)
    adapted.save_pretrained(folder)
    (folder / "README.md").unlink(missing_ok=True)
    return adapted


def main() -> None:
    torch.set_num_threads(1)
    cases = {}
    for seed, (name, settings) in enumerate(FOLDERS.items()):
        torch.manual_seed(seed)
        folder = OUT / name
        make(settings).save_pretrained(folder)
        (folder / "generation_config.json").unlink(missing_ok=True)
        # Read back, and computed in f32: the types are those of storage.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
        lcg = Lcg(seed + 1)
        ids = [[lcg.next() % settings["vocab_size"] for _ in range(length)] for length in (2, 31, 130)]
        cases[name] = computed(model, ids)
        if name == ADAPTED:
            cases[name]["adapter"] = computed(add_adapter(model, OUT / "adapter"), ids)
    (OUT / "expected.json").write_text(json.dumps(cases) + "\n", encoding="utf-8")
    # safetensors writes files that only their owner may read.
    for path in OUT.rglob("*.safetensors"):
        path.chmod(0o644)


if __name__ == "__main__":
    main()
