"""A loss of the user's own, computed on the client; needs PyTorch."""

import os
import sys

# PyTorch of another environment; this one's own packages go first.
if os.environ.get("PEERS_TORCH"):
    sys.path.append(os.environ["PEERS_TORCH"])

from harness import Skip, case, main, text_datum, trainer, types  # noqa: E402


@case
def custom_loss_equals_the_built_in_one():
    try:
        import torch
    except ImportError:
        raise Skip("PyTorch is not installed") from None
    data = [text_datum("custom losses")]

    def nll(_data, logprobs):
        loss = -sum(lp.sum() for lp in logprobs)
        return loss, {"nll": float(loss)}

    mine, theirs = trainer(seed=2), trainer(seed=2)
    for _ in range(3):
        bare = [types.Datum(model_input=d.model_input, loss_fn_inputs={"target_tokens": d.loss_fn_inputs["target_tokens"]}) for d in data]
        a = mine.forward_backward_custom(bare, nll).result()
        b = theirs.forward_backward(data, "cross_entropy").result()
        assert abs(a.metrics["nll"] - b.metrics["loss:sum"]) < 1e-3
        for client in (mine, theirs):
            client.optim_step(types.AdamParams(learning_rate=5e-3)).result()
    assert torch.isfinite(torch.tensor(a.metrics["nll"]))


main()
