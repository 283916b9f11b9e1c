"""The official SDK under the bench's commands: the same as ours.mjs, in the idiom of its own users."""

import asyncio
import json
import os
import resource
import sys
import time

os.environ.setdefault("TINKER_TELEMETRY", "0")
os.environ["TINKER_API_KEY"] = "tml-bench"

import logging  # noqa: E402

logging.disable(logging.CRITICAL)

import tinker  # noqa: E402
from tinker import types  # noqa: E402

url = sys.argv[1]
service = tinker.ServiceClient(base_url=url)


def settled(value):
    return value.result() if hasattr(value, "result") else value


trainer = settled(service.create_lora_training_client(base_model="bench/instant", rank=32))
sampler = settled(service.create_sampling_client(base_model="bench/instant"))
AWAITABLE = tuple(map(int, tinker.__version__.split("."))) >= (0, 30)
ADAM = types.AdamParams(learning_rate=1e-4)


def tokens(n, shift):
    return [(i * 7919 + shift * 104729) % 150_000 for i in range(n)]


def batch(datums, length):
    return [
        types.Datum(
            model_input=types.ModelInput.from_ints(tokens(length, d)),
            loss_fn_inputs={
                "target_tokens": types.TensorData(data=tokens(length, d + 1), dtype="int64", shape=[length]),
                "weights": types.TensorData(data=[1.0] * length, dtype="float32", shape=[length]),
            },
        )
        for d in range(datums)
    ]


def step(data):
    return [trainer.forward_backward(data, "cross_entropy"), trainer.optim_step(ADAM)]


def settle(futures):
    for future in futures:
        future.result()


def train(count, datums, length):
    data = batch(datums, length)
    pending = step(data)
    for _ in range(1, count):
        following = step(data)
        settle(pending)
        pending = following
    settle(pending)
    return {}


def steps(count, datums, length):
    data = batch(datums, length)
    took = []
    for _ in range(count):
        started = time.perf_counter()
        settle(step(data))
        took.append((time.perf_counter() - started) * 1000)
    return {"took": took}


def sample_once(request, params):
    asked = {"prompt": request, "num_samples": 1, "sampling_params": params}
    # Newer SDKs warn of the name that older ones need.
    return sampler.sample(**asked) if AWAITABLE else sampler.sample_async(**asked)


def sample(count, inFlight, prompt):
    request = types.ModelInput.from_ints(tokens(prompt, 1))
    params = types.SamplingParams(max_tokens=64, temperature=1.0)
    begun = 0

    async def lane():
        nonlocal begun
        while begun < count:
            begun += 1
            await sample_once(request, params)

    async def lanes():
        await asyncio.gather(*(lane() for _ in range(inFlight)))

    asyncio.run(lanes())
    return {}


COMMANDS = {"train": train, "steps": steps, "sample": sample}


def usage():
    return resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)


print(json.dumps({"ready": True}), flush=True)
for line in sys.stdin:
    options = json.loads(line)
    command = options.pop("command")
    before, _ = usage()
    started = time.perf_counter()
    result = COMMANDS[command](**options)
    wall = time.perf_counter() - started
    after, _ = usage()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({**result, "wall": wall, "cpu": cpu, "peakMiB": after.ru_maxrss / 1024}), flush=True)
os._exit(0)
