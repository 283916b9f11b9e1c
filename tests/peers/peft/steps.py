"""Training steps: the server's adapter against PEFT's under torch's AdamW, from the same start with the same data."""

import math
import os

import torch
from common import base, unpack, with_adapter
from safetensors.torch import load_file

from harness import case, close, main, tokens, trainer, types  # isort: skip

TEXTS = ["banana split -> anana-bay plit-say", "copy: fox -> fox", "zz"]
IDS = [tokens(text) for text in TEXTS]
STEPS = 3


def inputs(ids, loss, seed):
    """Tensors of a datum, in the order of its targets."""
    numbers = torch.Generator().manual_seed(seed)
    size = len(ids) - 1
    uniform = lambda low, high: torch.rand(size, generator=numbers) * (high - low) + low  # noqa: E731
    if loss == "cross_entropy":
        return {"weights": uniform(0, 1.5)}
    # Around what a byte costs this model, so that ratios lie on both sides of every bound.
    return {"logprobs": uniform(-6, -0.5), "advantages": uniform(-1, 1)}


def summed_loss(lp, given, loss, config):
    """As the service documents them, over log-probabilities `lp` of one datum."""
    if loss == "cross_entropy":
        return -(given["weights"] * lp).sum()
    ratio = (lp - given["logprobs"]).exp()
    a = given["advantages"]
    low = config.get("clip_low_threshold", 0.8 if loss == "ppo" else 0.0)
    high = config.get("clip_high_threshold", 1.2 if loss == "ppo" else 4.0)
    if loss == "importance_sampling":
        return -(ratio * a).sum()
    if loss == "ppo":
        return -torch.minimum(ratio * a, ratio.clamp(low, high) * a).sum()
    if loss == "cispo":
        return -(ratio.clamp(low, high).detach() * lp * a).sum()
    assert loss == "dro"
    return -(lp * a - 0.5 * config["beta"] * (lp - given["logprobs"]) ** 2).sum()


def compare(loss, config=None, rank=8, **adam):
    """Losses of each step, and how far the adapters have gone apart at the end, as a share of the way."""
    client = trainer(rank=rank, seed=4)
    start = unpack(client.save_state("start").result().path)
    theirs = with_adapter(start, trainable=True)
    given = [inputs(ids, loss, seed) for seed, ids in enumerate(IDS)]
    data = [
        types.Datum(
            model_input=types.ModelInput.from_ints(ids[:-1]),
            loss_fn_inputs={"target_tokens": ids[1:], **{key: value.tolist() for key, value in more.items()}},
        )
        for ids, more in zip(IDS, given)
    ]
    params = types.AdamParams(**{"learning_rate": 5e-3, **adam})
    optimizer = torch.optim.AdamW(
        [p for p in theirs.parameters() if p.requires_grad],
        lr=params.learning_rate,
        betas=(params.beta1, params.beta2),
        eps=params.eps,
        weight_decay=params.weight_decay,
    )
    for _ in range(STEPS):
        forward = client.forward_backward(data, loss, config)
        client.optim_step(params).result()
        total = torch.zeros(())
        for ids, more in zip(IDS, given):
            table = theirs(torch.tensor([ids[:-1]])).logits[0].log_softmax(-1)
            total = total + summed_loss(table.gather(1, torch.tensor(ids[1:])[:, None])[:, 0], more, loss, config or {})
        total.backward()
        close(forward.result().metrics["loss:sum"], float(total), 1e-4)
        if params.grad_clip_norm > 0:
            torch.nn.utils.clip_grad_norm_(theirs.parameters(), params.grad_clip_norm)
        optimizer.step()
        optimizer.zero_grad()
    end = load_file(os.path.join(unpack(client.save_state("end").result().path), "adapter_model.safetensors"))
    begin = load_file(os.path.join(start, "adapter_model.safetensors"))
    found = {name.replace(".default", ""): value for name, value in theirs.state_dict().items() if "lora_" in name}
    assert set(found) == set(end), set(found) ^ set(end)
    apart = sum(float((end[name] - found[name]).double().square().sum()) for name in end)
    way = sum(float((end[name] - begin[name]).double().square().sum()) for name in end)
    assert way > 0
    share = math.sqrt(apart / way)
    assert share < 1e-4, f"{loss}: the adapters differ by {share:.2e} of the way they went"


@case
def cross_entropy():
    compare("cross_entropy")


@case
def importance_sampling():
    compare("importance_sampling")


@case
def ppo():
    compare("ppo")
    compare("ppo", {"clip_low_threshold": 0.5, "clip_high_threshold": 1.05})


@case
def cispo():
    compare("cispo")
    compare("cispo", {"clip_low_threshold": 0.6, "clip_high_threshold": 1.5})


@case
def dro():
    compare("dro", {"beta": 0.05})
    compare("dro", {"beta": 0.7})


@case
def every_field_of_adam():
    compare("cross_entropy", beta1=0.5, beta2=0.8, eps=1e-3)
    compare("cross_entropy", weight_decay=0.3, eps=1e-8)
    compare("cross_entropy", grad_clip_norm=0.7, eps=1e-3)
    compare("importance_sampling", rank=2, beta1=0.0, beta2=0.99, eps=1e-6, weight_decay=0.1, grad_clip_norm=3.0)


main()
