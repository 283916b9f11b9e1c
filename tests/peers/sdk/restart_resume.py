"""After the server was stopped and started again over the same data."""

import json
import os

from harness import case, main, prompt, service, settled, step, text_datum, types

LESSON = [text_datum(t) for t in ("one two three", "four five six")]


def kept():
    with open(os.environ["PEER_STATE"]) as file:
        return json.load(file)


@case
def training_goes_on_exactly():
    state = kept()
    client = settled(service().create_training_client_from_state_with_optimizer(state["path"]))
    assert [step(client, LESSON) for _ in range(4)] == state["losses"]


@case
def checkpoints_are_still_listed_and_usable():
    listed = service().create_rest_client().list_user_checkpoints().result().checkpoints
    assert kept()["path"] in {c.tinker_path for c in listed}
    sampler_paths = [c.tinker_path for c in listed if c.checkpoint_type == "sampler"]
    sampler = settled(service().create_sampling_client(model_path=sampler_paths[0]))
    answer = sampler.sample(prompt=prompt("one"), num_samples=1, sampling_params=types.SamplingParams(max_tokens=3)).result()
    assert answer.sequences[0].tokens


main()
