"""SFT, then RL, then evaluation on held-out rows in PyTorch, with the training service's losses: the numbers the example graph must reach.

Usage: python recipe.py [--seeds 1 2 3] [--set sft_epochs=3 …] [--folder tunegraph-tiny-1m]
"""

import argparse
import json
import random
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from layout import END, PAD, encode_prompt, encode_turns, read_config, read_weights
from lessons import read
from lora import Adapter
from tiny import Shape, Weights, forward, generate

HERE = Path(__file__).parent


@dataclass
class Recipe:
    rank: int = 32
    alpha: float = 32.0
    unembed: bool = False
    sft_rows: int = 360
    sft_epochs: int = 4
    sft_batch: int = 20
    sft_lr: float = 1e-3
    sft_linear: bool = True
    rl_steps: int = 30
    rl_prompts: int = 32
    rl_samples: int = 8
    rl_lr: float = 1e-3
    rl_linear: bool = False
    rl_max_tokens: int = 24
    temperature: float = 1.0


# One row: ids, and per target (the next id) its weight; RL adds the sampler's logprob of the target.
Row = tuple[list[int], list[float], list[float]]


def logprobs_of(shape: Shape, w: Weights, rows: list[Row]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Target logprobs, weights and sampler logprobs, each [rows, longest - 1]."""
    longest = max(len(ids) for ids, _, _ in rows)
    ids = torch.full((len(rows), longest), PAD)
    weights, old = torch.zeros(len(rows), longest - 1), torch.zeros(len(rows), longest - 1)
    for i, (row, weight, logprob) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        weights[i, : len(weight)] = torch.tensor(weight)
        old[i, : len(logprob)] = torch.tensor(logprob)
    losses = F.cross_entropy(forward(shape, w, ids[:, :-1]).flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return -losses.view(len(rows), -1), weights, old


def sft_row(prompt: str, answer: str) -> Row:
    ids, spoken = encode_turns([("user", prompt), ("assistant", answer)])
    return ids, [float(s) for s in spoken[1:]], []


def loss_per_token(shape: Shape, w: Weights, rows: list[Row]) -> float:
    with torch.no_grad():
        logprobs, weights, _ = logprobs_of(shape, w, rows)
    return float(-(logprobs * weights).sum() / weights.sum())


def text(ids: list[int]) -> str:
    """What was said, or a string no answer equals when the stop token is missing or a marker was said."""
    if not ids or ids[-1] != END or any(i > 255 for i in ids[:-1]):
        return "\0"
    return bytes(ids[:-1]).decode("utf-8", "replace")


def exact(
    shape: Shape, w: Weights, rows: list[dict], temperature: float, most: int, generator: torch.Generator
) -> float:
    answers = generate(shape, w, [encode_prompt(r["prompt"]) for r in rows], most, temperature, END, generator)
    return sum(text(ids) == r["answer"] for (ids, _), r in zip(answers, rows)) / len(rows)


class Run:
    def __init__(self, recipe: Recipe, folder: Path, seed: int) -> None:
        self.r = recipe
        self.rng = random.Random(seed)
        self.generator = torch.Generator().manual_seed(seed)
        self.shape = Shape.of(read_config(folder))
        self.adapter = Adapter(self.shape, read_weights(folder), seed, recipe.rank, recipe.alpha, recipe.unembed)
        self.heldout = read("heldout")
        self.heldout_rows = [sft_row(r["prompt"], r["answer"]) for r in self.heldout]
        self.tokens = {"sft_trained": 0, "rl_sampled": 0, "rl_trained": 0}

    def evaluate(self) -> dict[str, float]:
        with torch.no_grad():
            w = self.adapter.merged()
        score = {f"exact_t{t:g}": exact(self.shape, w, self.heldout, t, self.r.rl_max_tokens, self.generator) for t in (0.0, 1.0)}
        return {**score, "loss": loss_per_token(self.shape, w, self.heldout_rows)}

    def optimizer(self) -> torch.optim.Adam:
        return torch.optim.Adam(self.adapter.parameters(), lr=1.0, betas=(0.9, 0.95), eps=1e-12)

    def sft(self) -> None:
        pairs = [(m[0]["content"], m[1]["content"]) for m in (r["messages"] for r in read("sft")[: self.r.sft_rows])]
        rows = [sft_row(*p) for p in pairs]
        opt = self.optimizer()
        per_epoch = len(rows) // self.r.sft_batch
        steps = per_epoch * self.r.sft_epochs
        for step in range(steps):
            if step % per_epoch == 0:
                self.rng.shuffle(rows)
            at = step % per_epoch * self.r.sft_batch
            batch = rows[at : at + self.r.sft_batch]
            logprobs, weights, _ = logprobs_of(self.shape, self.adapter.merged(), batch)
            (-(logprobs * weights).sum()).backward()
            self.advance(opt, self.r.sft_lr * (1 - step / steps if self.r.sft_linear else 1))
            self.tokens["sft_trained"] += sum(len(ids) - 1 for ids, _, _ in batch)

    def advance(self, opt: torch.optim.Adam, lr: float) -> None:
        opt.param_groups[0]["lr"] = lr
        opt.step()
        opt.zero_grad(set_to_none=True)

    def rl(self, verbose: bool) -> None:
        prompts, deck = read("prompts"), []
        opt = self.optimizer()
        for step in range(self.r.rl_steps):
            while len(deck) < self.r.rl_prompts:
                deck = self.rng.sample(prompts, len(prompts)) + deck
            chosen = [deck.pop() for _ in range(self.r.rl_prompts)]
            chosen = [row for row in chosen for _ in range(self.r.rl_samples)]
            starts = [encode_prompt(row["prompt"]) for row in chosen]
            with torch.no_grad():
                w = self.adapter.merged()
                sampled = generate(self.shape, w, starts, self.r.rl_max_tokens, self.r.temperature, END, self.generator)
            rewards = torch.tensor([float(text(ids) == row["answer"]) for (ids, _), row in zip(sampled, chosen)])
            grouped = rewards.view(-1, self.r.rl_samples)
            advantages = (grouped - grouped.mean(1, keepdim=True)).flatten().tolist()
            rows: list[Row] = []
            for start, (ids, logprobs), advantage in zip(starts, sampled, advantages):
                self.tokens["rl_sampled"] += len(ids)
                if advantage == 0:
                    continue
                before = [0.0] * (len(start) - 1)
                rows.append((start + ids, before + [advantage] * len(ids), before + logprobs))
                self.tokens["rl_trained"] += len(start) + len(ids) - 1
            if verbose and step % 5 == 0:
                print("  rl", step, "reward", round(float(rewards.mean()), 3), "rows", len(rows), flush=True)
            if not rows:
                continue
            logprobs, weights, old = logprobs_of(self.shape, self.adapter.merged(), rows)
            (-((logprobs - old).exp() * weights).sum()).backward()
            self.advance(opt, self.r.rl_lr * (1 - step / self.r.rl_steps if self.r.rl_linear else 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--set", nargs="*", default=[], metavar="NAME=VALUE")
    parser.add_argument("--folder", type=Path, default=HERE / "tunegraph-tiny-1m")
    parser.add_argument("--only-sft", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    recipe = Recipe(**{name: json.loads(value) for name, value in (pair.split("=") for pair in args.set)})
    results = []
    for seed in args.seeds:
        began = time.time()
        run = Run(recipe, args.folder, seed)
        result: dict = {"seed": seed, "base": run.evaluate()}
        run.sft()
        result["sft"] = run.evaluate()
        if not args.only_sft:
            run.rl(args.verbose)
            result["rl"] = run.evaluate()
        result |= {"tokens": run.tokens, "seconds": round(time.time() - began)}
        results.append(result)
        print(json.dumps({k: {n: round(v, 3) for n, v in x.items()} if isinstance(x, dict) else x for k, x in result.items()}), flush=True)
    if args.out:
        for result in results:
            result.pop("seconds")
        args.out.write_text(json.dumps({"recipe": asdict(recipe), "results": results}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
