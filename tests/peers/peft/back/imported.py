"""What `make.py` saved, given to the server by --adapter: the official SDK samples from it and trains on."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

from common import distance, sampler_of, served_logprobs

from harness import case, loss_of, main, service, settled, step, text_datum  # isort: skip

with open(os.path.join(os.environ["PEER_ADAPTER"], "expected.json")) as file:
    EXPECTED = json.load(file)


def paths():
    listed = service().create_rest_client().list_user_checkpoints().result().checkpoints
    assert [c.checkpoint_id for c in listed if c.checkpoint_type == "sampler"] == ["sampler_weights/from-peft"], listed
    found = {c.checkpoint_type: c.tinker_path for c in listed if c.checkpoint_id.endswith("/from-peft")}
    return found["training"], found["sampler"]


@case
def an_adapter_of_pefts_gives_its_logprobs_here():
    _, sampler = paths()
    for each in EXPECTED:
        ours = served_logprobs(sampler_of(sampler), each["ids"])
        assert distance(ours, each["adapted"]) <= 1e-4, distance(ours, each["adapted"])


@case
def training_goes_on_from_it():
    training, _ = paths()
    client = settled(service().create_training_client_from_state(training))
    data = [text_datum("banana split -> anana-bay plit-say")]
    start = loss_of(client, data)
    expected = -sum(EXPECTED[0]["adapted"])
    assert abs(start - expected) <= 1e-3 * expected, (start, expected)
    for _ in range(5):
        step(client, data)
    assert loss_of(client, data) < 0.8 * start


main()
