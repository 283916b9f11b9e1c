"""What the oracle's scenarios are written with, and the loop that runs them: `peer.py URL KEY [NAME…]`.

Each scenario gets an address of its own, so that the recorder knows whose requests it sees, and prints one line of JSON.
"""

import json
import os
import sys
import threading
import warnings

warnings.simplefilter("ignore")
# PyTorch of another environment, for custom losses; this one's own packages go first.
if os.environ.get("PEERS_TORCH"):
    sys.path.append(os.environ["PEERS_TORCH"])

import tinker  # noqa: E402
from tinker import types  # noqa: E402

MODEL = "tunegraph/tiny-1m"
LIMIT_SECONDS = 90
_scenarios = {}


def scenario(function):
    _scenarios[function.__name__] = function
    return function


class Lacking(Exception):
    """This version of the SDK cannot do it."""


class Peer:
    def __init__(self, url, key):
        self.url = url
        self.key = key

    def service(self, **more):
        return tinker.ServiceClient(base_url=self.url, api_key=self.key, **more)

    def trainer(self, rank=4, seed=1, **more):
        return settled(self.service().create_lora_training_client(base_model=MODEL, rank=rank, seed=seed, **more))

    def base_sampler(self):
        return settled(self.service().create_sampling_client(base_model=MODEL))


def settled(value):
    """Newer SDKs hand out futures of clients and of answers, older ones the things themselves."""
    return value.result() if hasattr(value, "result") else value


def prompt(text):
    return types.ModelInput.from_ints(list(text.encode()))


def lesson(text, **more):
    ids = list(text.encode())
    inputs = {"target_tokens": ids[1:], "weights": [1.0] * (len(ids) - 1)}
    return types.Datum(model_input=types.ModelInput.from_ints(ids[:-1]), loss_fn_inputs={**inputs, **more})


def experience(text, **more):
    """A datum of the losses for reinforcement learning."""
    ids = list(text.encode())
    n = len(ids) - 1
    inputs = {"target_tokens": ids[1:], "logprobs": [-0.5] * n, "advantages": [0.25] * n}
    return types.Datum(model_input=types.ModelInput.from_ints(ids[:-1]), loss_fn_inputs={**inputs, **more})


def refusal(call):
    """What is left of an error that both clients can be asked about: that there was one."""
    try:
        settled(call())
    except Exception:  # noqa: BLE001
        return "refused"
    return "accepted"


def main(url, key, wanted):
    for name, function in _scenarios.items():
        if wanted and name not in wanted:
            continue
        line = {"scenario": name}

        def run():
            try:
                line["result"] = function(Peer(f"{url}/{name}", key))
            except Lacking as reason:
                line["skipped"] = str(reason)
            except BaseException as error:  # noqa: BLE001
                words = " ".join(str(error).split())[:300]
                line["error"] = f"{type(error).__name__}: {words}"

        # A client of the SDK may wait for hours: the loop goes on without it.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join(LIMIT_SECONDS)
        if thread.is_alive():
            line["error"] = f"took longer than {LIMIT_SECONDS} s"
        print(json.dumps(line), flush=True)
    sys.stdout.flush()
