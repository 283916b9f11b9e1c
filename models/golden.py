"""Writes golden/NAME.json: logprobs, greedy continuations and a LoRA case of shipped weights, computed by transformers in f32.

Usage: python golden.py [folder …]
"""

import json
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from transformers import AutoModelForCausalLM, AutoTokenizer

from layout import END, SIZES, encode_prompt, read_config
from tiny import Shape

HERE = Path(__file__).parent
LORA = {"rank": 8, "alpha": 32, "amplitude_a": 0.1, "amplitude_b": 0.08, "seed": 12345}


class Lcg:
    """x ← (1664525·x + 1013904223) mod 2³²; a value is (x / 2³² − ½)·2·amplitude, computed in f64 and rounded to f32."""

    def __init__(self, seed: int) -> None:
        self.x = seed

    def next(self) -> int:
        self.x = (1664525 * self.x + 1013904223) % 2**32
        return self.x

    def matrix(self, rows: int, columns: int, amplitude: float) -> torch.Tensor:
        values = [(self.next() / 2**32 - 0.5) * 2 * amplitude for _ in range(rows * columns)]
        return torch.tensor(values, dtype=torch.float64).to(torch.float32).view(rows, columns)


def logprobs(model: torch.nn.Module, ids: list[int]) -> list[float]:
    """Entry i: log p(ids[i+1] | ids[..i]); one shorter than `ids`."""
    with torch.no_grad():
        table = F.log_softmax(model(torch.tensor([ids])).logits[0].double(), dim=-1)
    return [round(float(table[i, ids[i + 1]]), 7) for i in range(len(ids) - 1)]


def greedy(model: torch.nn.Module, prompt: list[int], most: int = 24) -> dict:
    ids, margins = list(prompt), []
    with torch.no_grad():
        for _ in range(most):
            best = model(torch.tensor([ids])).logits[0, -1].topk(2)
            ids.append(int(best.indices[0]))
            margins.append(round(float(best.values[0] - best.values[1]), 6))
            if ids[-1] == END:
                break
    # A margin (best logit minus second best) near zero tells a reader which step another engine may decide otherwise.
    return {"prompt": prompt, "continuation": ids[len(prompt) :], "smallest_margin": min(margins)}


def chat(tokenizer, *turns: tuple[str, str]) -> list[int]:
    messages = [{"role": role, "content": content} for role, content in turns]
    return tokenizer.apply_chat_template(messages, tokenize=True, return_dict=False)


def add_lora(model: torch.nn.Module, shape: Shape) -> None:
    """Adds (alpha/rank)·B·A to every linear layer, layer by layer in the order of `targets`; per layer first A [rank, in], then B [out, rank], row by row."""
    lcg = Lcg(LORA["seed"])
    modules = dict(model.named_modules())
    for name, (rows, columns) in shape.all_linears().items():
        a = lcg.matrix(LORA["rank"], columns, LORA["amplitude_a"])
        b = lcg.matrix(rows, LORA["rank"], LORA["amplitude_b"])
        modules[name].weight.data += LORA["alpha"] / LORA["rank"] * (b @ a)


def write(folder: Path) -> None:
    shape = Shape.of(read_config(folder))
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    lcg = Lcg(7)
    long = [("user", "copy: the quick brown fox"), ("assistant", "the quick brown fox"), ("user", "spell lazy"), ("assistant", "l a z y")] * 3
    sequences = {
        "two tokens": [259, 97],
        "one turn": chat(tokenizer, ("user", "banana split"), ("assistant", "banana split")),
        "system turn": chat(tokenizer, ("system", "answer in capitals"), ("user", "reverse: noon"), ("assistant", "NOON")),
        "several bytes per letter": chat(tokenizer, ("user", "größer → 大"), ("assistant", "größer → 大")),
        "random ids": [lcg.next() % 272 for _ in range(33)],
        "long": (chat(tokenizer, *long) + encode_prompt("count: eight"))[:200],
    }
    assert len(sequences["long"]) == 200, len(sequences["long"])
    prompts = [encode_prompt("banana split"), encode_prompt("spell orange")]
    out = {
        "model": folder.name,
        "made_with": "transformers Qwen3ForCausalLM, float32, weights read from the f16 file",
        "sequences": [{"name": n, "ids": ids, "logprobs": logprobs(model, ids)} for n, ids in sequences.items()],
        "greedy": [greedy(model, p) for p in prompts],
    }
    add_lora(model, shape)
    out["lora"] = {
        **LORA,
        "about": " ".join(str(add_lora.__doc__).split()) + " LCG: " + " ".join(str(Lcg.__doc__).split()),
        "targets": [n.split(".")[-1] for n in shape.linears()],
        "sequences": [{"name": n, "ids": sequences[n], "logprobs": logprobs(model, sequences[n])} for n in ("one turn", "random ids", "long")],
        "greedy": [greedy(model, prompts[0])],
    }
    path = HERE / "golden" / f"{folder.name}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(out, ensure_ascii=False) + "\n", encoding="utf-8")


def main() -> None:
    torch.set_num_threads(1)
    for folder in map(Path, sys.argv[1:] or [HERE / size for size in SIZES]):
        write(folder)


if __name__ == "__main__":
    main()
