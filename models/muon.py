"""Muon in f32: momentum, then the update made orthogonal by five Newton-Schulz steps (torch.optim.Muon does them in bf16, slow on CPUs).

Formula: Jordan et al. 2024, https://kellerjordan.github.io/posts/muon/; scaled by 0.2·√max(rows, columns) so that AdamW's rates fit.
"""

import torch


def orthogonal(stack: torch.Tensor, steps: int = 5) -> torch.Tensor:
    """[n, rows, columns] with rows ≤ columns → the same with all singular values near one."""
    x = stack / (stack.flatten(1).norm(dim=1)[:, None, None] + 1e-7)
    for _ in range(steps):
        a = x @ x.mT
        x = 3.4445 * x + (-4.775 * a + 2.0315 * (a @ a)) @ x
    return x


class Muon(torch.optim.Optimizer):
    def __init__(self, matrices: list[torch.Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0) -> None:
        super().__init__(matrices, {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self) -> None:
        for group in self.param_groups:
            by_shape: dict[tuple[int, int], list[torch.Tensor]] = {}
            for p in group["params"]:
                by_shape.setdefault((min(p.shape), max(p.shape)), []).append(p)
            for (_, long), params in by_shape.items():
                updates = []
                for p in params:
                    buffer = self.state[p].setdefault("buffer", torch.zeros_like(p))
                    buffer.lerp_(p.grad, 1 - group["momentum"])
                    update = p.grad.lerp(buffer, group["momentum"])
                    updates.append(update.T if p.shape[0] > p.shape[1] else update)
                for p, update in zip(params, orthogonal(torch.stack(updates))):
                    p.mul_(1 - group["lr"] * group["weight_decay"])
                    p.add_(update.T if p.shape[0] > p.shape[1] else update, alpha=-group["lr"] * 0.2 * long**0.5)
