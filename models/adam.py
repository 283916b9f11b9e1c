"""Writes tests/golden/adam.json: what torch's AdamW and clip_grad_norm_ make of given gradients, in f64, for settings of every field."""

import json
from pathlib import Path

import torch

OUT = Path(__file__).parent.parent / "tests" / "golden" / "adam.json"
SETTINGS = {
    "as sent by default": {},
    "other betas": {"beta1": 0.5, "beta2": 0.7},
    "no momentum": {"beta1": 0.0, "beta2": 0.0},
    "a large eps": {"eps": 0.05},
    "weight decay": {"weight_decay": 0.2},
    "clipping": {"grad_clip_norm": 0.75},
    "everything": {"learning_rate": 0.03, "beta1": 0.8, "beta2": 0.99, "eps": 1e-3, "weight_decay": 0.05, "grad_clip_norm": 2.0},
}
DEFAULTS = {"learning_rate": 0.01, "beta1": 0.9, "beta2": 0.95, "eps": 1e-12, "weight_decay": 0.0, "grad_clip_norm": 0.0}
STEPS = 5


def f32(values: torch.Tensor) -> torch.Tensor:
    """What an f32 holds, so that readers begin with the same numbers."""
    return values.to(torch.float32).to(torch.float64)


def run(params: dict, start: torch.Tensor, gradients: list[torch.Tensor]) -> list[dict]:
    weight = start.clone().requires_grad_()
    optimizer = torch.optim.AdamW(
        [weight],
        lr=params["learning_rate"],
        betas=(params["beta1"], params["beta2"]),
        eps=params["eps"],
        weight_decay=params["weight_decay"],
    )
    out = []
    for gradient in gradients:
        weight.grad = gradient.clone()
        norm = float(gradient.norm())
        if params["grad_clip_norm"] > 0:
            torch.nn.utils.clip_grad_norm_([weight], params["grad_clip_norm"])
        optimizer.step()
        state = optimizer.state[weight]
        values = {"weights": weight.detach(), "m": state["exp_avg"], "v": state["exp_avg_sq"]}
        out.append({"norm": norm, **{name: value.tolist() for name, value in values.items()}})
    return out


def main() -> None:
    numbers = torch.Generator().manual_seed(1)
    start = f32(torch.randn(6, generator=numbers, dtype=torch.float64))
    # Of very different sizes; one entry's gradient is zero in the second step.
    sizes = [1.0, 0.1, 1e-3, 3.0, 0.5]
    gradients = [f32(torch.randn(6, generator=numbers, dtype=torch.float64) * size) for size in sizes[:STEPS]]
    gradients[1][2] = 0.0
    cases = []
    for name, own in SETTINGS.items():
        params = {**DEFAULTS, **own}
        cases.append({"name": name, "params": params, "steps": run(params, start, gradients)})
    out = {"made_with": f"torch {torch.__version__}", "start": start.tolist(), "gradients": [g.tolist() for g in gradients], "cases": cases}
    OUT.write_text(json.dumps(out) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
