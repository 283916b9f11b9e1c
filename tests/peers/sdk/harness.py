"""Cases of the peer tests: `@case` registers, `main()` runs them and prints `ok NAME` or `FAIL NAME: reason`."""

import os
import sys
import traceback
import warnings

warnings.simplefilter("ignore")

import tinker  # noqa: E402
from tinker import types  # noqa: E402

MODEL = "tunegraph/tiny-1m"
WINDOW = 512
END = 257
_cases = []
_service = None


def case(function):
    _cases.append(function)
    return function


class Skip(Exception):
    pass


def main():
    failed = False
    for function in _cases:
        try:
            function()
            print(f"ok {function.__name__}", flush=True)
        except Skip as reason:
            print(f"skip {function.__name__}: {reason}", flush=True)
        except BaseException as error:  # noqa: BLE001
            failed = True
            words = " ".join(str(error).split())[:400]
            print(f"FAIL {function.__name__}: {type(error).__name__}: {words}", flush=True)
            traceback.print_exc(limit=6)
    sys.stdout.flush()
    # The SDK's background threads must not keep the process.
    os._exit(1 if failed else 0)


def service():
    global _service
    if _service is None:
        _service = tinker.ServiceClient()
    return _service


def trainer(rank=8, seed=1, **more):
    return settled(service().create_lora_training_client(base_model=MODEL, rank=rank, seed=seed, **more))


def settled(value):
    """Newer SDKs hand out futures of clients, older ones the clients."""
    return value.result() if hasattr(value, "result") else value


def tokens(text):
    return list(text.encode())


def prompt(text):
    return types.ModelInput.from_ints(tokens(text))


def text_datum(text, weights=None):
    ids = tokens(text)
    return types.Datum(
        model_input=types.ModelInput.from_ints(ids[:-1]),
        loss_fn_inputs={"target_tokens": ids[1:], "weights": weights or [1.0] * (len(ids) - 1)},
    )


def step(client, data, lr=5e-3, loss="cross_entropy", **adam):
    """One step, pipelined as a training loop does; the loss before it."""
    forward = client.forward_backward(data, loss)
    optim = client.optim_step(types.AdamParams(learning_rate=lr, **adam))
    loss_sum = forward.result().metrics["loss:sum"]
    optim.result()
    return loss_sum


def loss_of(client, data):
    return client.forward(data, "cross_entropy").result().metrics["loss:sum"]


def close(a, b, tolerance=1e-4):
    assert abs(a - b) <= tolerance * max(1.0, abs(a), abs(b)), f"{a} is not close to {b}"


def refused(words, call):
    """The call must fail soon, with these words."""
    try:
        call()
    except Exception as error:  # noqa: BLE001
        assert words in str(error), f"refused, but with other words: {error}"
        return error
    raise AssertionError(f"was not refused; expected '{words}'")
