"""LoRA adapters with the meaning they have on the training service: (alpha/rank)·B·A beside every linear layer, Adam, summed losses."""

import math

import torch

from tiny import Shape, Weights


class Adapter:
    def __init__(
        self, shape: Shape, base: Weights, seed: int, rank: int = 32, alpha: float = 32.0, train_unembed: bool = False
    ) -> None:
        """A is uniform in ±1/√fan-in (Kaiming-uniform with a = √5), B zero."""
        generator = torch.Generator().manual_seed(seed)
        self.base = base
        self.scale = alpha / rank
        self.pairs: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        shapes = {f"{name}.weight": rows_columns for name, rows_columns in shape.all_linears().items()}
        if train_unembed:
            shapes["lm_head.weight"] = (shape.vocab, shape.width)
        for name, (rows, columns) in shapes.items():
            a = (torch.rand(rank, columns, generator=generator) * 2 - 1) / math.sqrt(columns)
            self.pairs[name] = (a.requires_grad_(), torch.zeros(rows, rank).requires_grad_())

    def parameters(self) -> list[torch.Tensor]:
        return [t for pair in self.pairs.values() for t in pair]

    def merged(self) -> Weights:
        """The base with the adapter added; gradients reach A and B."""
        out = dict(self.base)
        for name, (a, b) in self.pairs.items():
            out[name] = self.base.get(name, self.base["model.embed_tokens.weight"]) + self.scale * (b @ a)
        return out
