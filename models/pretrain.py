"""Pre-trains a tiny Qwen3 on generated conversations and writes its Hugging Face folder. Seeded; two CPU threads are enough.

The shipped weights come from two commands each, a long rate and then a falling one; README.md has them.
"""

import argparse
import csv
import math
import random
import time
from pathlib import Path

import torch
import torch.nn.functional as F

from layout import PAD, SIZES, config_of, encode_turns, read_config, read_weights, write_folder, write_weights
from muon import Muon
from probe import PROBES, probe
from tasks import Maker, conversation
from tiny import Shape, Weights, forward, fresh_weights

# What people say is mostly unpredictable words; it still teaches the spelling of words, so it counts a little.
PROMPT_WEIGHT = 0.1

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]


def batches(maker: Maker, tokens: int, pool: int = 32):
    """Endless (inputs, targets, weights) of about `tokens` tokens; rows of like length share a batch, so little is padding."""
    order = random.Random(maker.rng.random())
    while True:
        rows: list[tuple[list[int], list[int]]] = []
        total = 0
        while total < pool * tokens:
            rows.append(encode_turns(conversation(maker)))
            total += len(rows[-1][0])
        rows.sort(key=lambda r: len(r[0]))
        made: list[list[tuple[list[int], list[int]]]] = [[]]
        for row in rows:
            if (len(made[-1]) + 1) * len(row[0]) > tokens:
                made.append([])
            made[-1].append(row)
        order.shuffle(made)
        for group in made:
            yield collate(group)


def collate(rows: list[tuple[list[int], list[int]]]) -> Batch:
    longest = max(len(ids) for ids, _ in rows)
    ids = torch.full((len(rows), longest), PAD)
    weights = torch.zeros(len(rows), longest)
    for i, (row, spoken) in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row)
        weights[i, : len(row)] = torch.tensor([1.0 if s else PROMPT_WEIGHT for s in spoken])
    return ids[:, :-1], ids[:, 1:], weights[:, 1:]


def optimizers(w: Weights, lr: float) -> list[torch.optim.Optimizer]:
    """Muon for the matrices inside the layers, AdamW for the embedding and the norms."""
    matrices = [p for name, p in w.items() if p.ndim == 2 and "embed" not in name]
    rest = [p for name, p in w.items() if p.ndim == 1 or "embed" in name]
    return [
        Muon(matrices, lr=lr, weight_decay=0.05),
        torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.98), weight_decay=0.0),
    ]


def schedule(step: int, steps: int, warm_up: int, linear: bool) -> float:
    """Factor of the peak learning rate: linear warm-up, then cosine (or a line) down to 2 %."""
    if step < warm_up:
        return (step + 1) / warm_up
    done = (step - warm_up) / max(1, steps - warm_up)
    return 0.02 + 0.98 * (1 - done if linear else 0.5 * (1 + math.cos(math.pi * done)))


def read_log(folder: Path) -> list[list[str]]:
    return list(csv.reader((folder / "pretraining-log.csv").open()))[1:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="tunegraph-tiny-1m")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--tokens", type=int, default=2048, help="tokens per step")
    parser.add_argument("--lr", type=float, default=6e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2, help="on a busy machine one is faster")
    parser.add_argument("--warm-up", type=int, default=100)
    parser.add_argument("--linear", action="store_true", help="fall in a line instead of a cosine")
    parser.add_argument("--stop", type=int, help="end before the schedule does")
    parser.add_argument("--continue-from", type=Path, help="folder whose config, weights and log to go on from")
    parser.add_argument("--save-every", type=int, default=250)
    parser.add_argument("--out", type=Path, help="default: the folder of that size beside this script")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    source = args.continue_from
    out = args.out or source or Path(__file__).with_name(args.size)
    config = read_config(source) if source else config_of(args.size)
    shape = Shape.of(config)
    first = read_weights(source) if source else fresh_weights(shape, torch.Generator().manual_seed(args.seed))
    w = {name: p.requires_grad_() for name, p in first.items()}
    opts = optimizers(w, args.lr)
    before = read_log(source) if source else []
    write_folder(out, config)
    file = (out / "pretraining-log.csv").open("w", newline="", buffering=1)
    log = csv.writer(file)
    log.writerow(["step", "tokens", "answer_loss", "seconds", *(f"exact_{name}" for name in PROBES)])
    log.writerows(before)
    done, seen, past = (int(x) for x in (before[-1][0], before[-1][1], before[-1][3])) if before else (0, 0, 0)
    stream = batches(Maker(args.seed), args.tokens)
    began, total, count = time.time() - past, 0.0, 0.0
    last = min(args.stop or args.steps, args.steps)
    for step in range(1, last + 1):
        ids, targets, weights = next(stream)
        for opt in opts:
            for group in opt.param_groups:
                group["lr"] = args.lr * schedule(step - 1, args.steps, args.warm_up, args.linear)
        losses = F.cross_entropy(forward(shape, w, ids).flatten(0, 1), targets.flatten(), reduction="none")
        flat = weights.flatten()
        ((losses * flat).sum() / flat.sum()).backward()
        torch.nn.utils.clip_grad_norm_(list(w.values()), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        answers = flat == 1.0
        seen += int((flat > 0).sum())
        total += float(losses.detach()[answers].sum())
        count += int(answers.sum())
        if step % 50 == 0 or step == last:
            report = step % args.save_every == 0 or step == last
            row = [done + step, seen, round(total / count, 4), round(time.time() - began), *(probe(shape, w, 100).values() if report else [])]
            log.writerow(row)
            print(*row, flush=True)
            total = count = 0.0
            if report:
                write_weights(out, w)


if __name__ == "__main__":
    main()
