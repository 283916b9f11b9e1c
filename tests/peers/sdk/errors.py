"""What the server refuses, as the SDK reports it: soon, with words, and without harm to what goes on."""

import time

from harness import MODEL, WINDOW, case, main, prompt, refused, service, settled, step, text_datum, trainer, types


def soon(words, call):
    """The SDK repeats what it takes for a passing fault for minutes; a refusal must end at once."""
    started = time.time()
    error = refused(words, call)
    assert time.time() - started < 15, f"took {time.time() - started:.0f} s"
    return error


@case
def ranks_and_models():
    soon("power of two", lambda: trainer(rank=12))
    soon("no base model", lambda: settled(service().create_lora_training_client(base_model="Qwen/Qwen3-8B", rank=8)))
    soon("no base model", lambda: settled(service().create_sampling_client(base_model="Qwen/Qwen3-8B")))


@case
def data_that_does_not_fit():
    client = trainer()
    outside = types.Datum(
        model_input=types.ModelInput.from_ints([1, 2]), loss_fn_inputs={"target_tokens": [2, 5000], "weights": [1.0, 1.0]}
    )
    soon("token 5000", lambda: client.forward_backward([outside], "cross_entropy").result())
    long = text_datum("x" * (WINDOW + 2))
    soon("context window", lambda: client.forward_backward([long], "cross_entropy").result())
    short = types.Datum(
        model_input=types.ModelInput.from_ints([1, 2, 3]), loss_fn_inputs={"target_tokens": [2], "weights": [1.0]}
    )
    soon("each position needs a target", lambda: client.forward_backward([short], "cross_entropy").result())
    assert step(client, [text_datum("still alive")]) > 0


@case
def samples_that_do_not_fit():
    sampler = settled(service().create_sampling_client(base_model=MODEL))
    ask = lambda text, **p: sampler.sample(prompt=prompt(text), num_samples=1, sampling_params=types.SamplingParams(**p)).result()  # noqa: E731
    soon("exceed the context window", lambda: ask("hi", max_tokens=WINDOW))
    soon("temperature", lambda: ask("hi", max_tokens=2, temperature=-1.0))
    soon("prompt is empty", lambda: ask("", max_tokens=2))
    assert ask("hi", max_tokens=2).sequences


@case
def paths_that_lead_nowhere():
    soon("no checkpoint", lambda: settled(service().create_sampling_client(model_path="tinker://nobody/sampler_weights/nothing")))
    soon("no checkpoint", lambda: settled(service().create_training_client_from_state("tinker://nobody/weights/nothing")))
    rest = service().create_rest_client()
    soon("no training run", lambda: rest.get_training_run("nobody").result())


@case
def capabilities_name_the_models():
    models = service().get_server_capabilities().supported_models
    # SDKs before 0.18 show the name only.
    assert [(m.model_name, getattr(m, "max_context_length", WINDOW)) for m in models] == [(MODEL, WINDOW), ("tunegraph/tiny-4m", WINDOW)], models


main()
