"""Saving, loading, resuming, listing, deleting."""

import json
import os

from harness import MODEL, case, close, loss_of, main, prompt, refused, service, settled, step, text_datum, trainer, types

LESSON = [text_datum(t) for t in ("one two three", "four five six")]


def rest():
    return service().create_rest_client()


def run_id(client):
    return client.get_info().model_id


@case
def resuming_with_the_optimizer_goes_on_exactly():
    client = trainer(seed=7)
    for _ in range(4):
        step(client, LESSON)
    path = client.save_state("after-four").result().path
    assert path == f"tinker://{run_id(client)}/weights/after-four", path
    straight = [step(client, LESSON) for _ in range(4)]
    resumed = settled(service().create_training_client_from_state_with_optimizer(path))
    assert [step(resumed, LESSON) for _ in range(4)] == straight
    bare = settled(service().create_training_client_from_state(path))
    others = [step(bare, LESSON) for _ in range(4)]
    assert others[0] == straight[0] and others[1:] != straight[1:], (others, straight)
    # For the case after the restart.
    with open(os.environ["PEER_STATE"], "w") as file:
        json.dump({"path": path, "losses": straight}, file)


@case
def saved_sampler_weights_sample_as_the_model_did():
    client = trainer(seed=8)
    for _ in range(5):
        step(client, LESSON)
    ephemeral = settled(client.save_weights_and_get_sampling_client())
    path = client.save_weights_for_sampler("final").result().path
    step(client, LESSON)
    named = settled(service().create_sampling_client(model_path=path))
    params = types.SamplingParams(max_tokens=10, seed=3)
    ask = dict(prompt=prompt("one"), num_samples=3, sampling_params=params)
    a, b = ephemeral.sample(**ask).result(), named.sample(**ask).result()
    assert [s.tokens for s in a.sequences] == [s.tokens for s in b.sequences]
    assert [s.logprobs for s in a.sequences] == [s.logprobs for s in b.sequences]


@case
def listing_publishing_expiring_and_deleting():
    client = trainer(seed=9, user_metadata={"purpose": "peer test"})
    step(client, LESSON)
    state = client.save_state("keep").result().path
    gone = client.save_state("gone", ttl_seconds=3600).result().path
    sampler = client.save_weights_for_sampler("sampler").result().path
    client.save_state("keep", overwrite=True).result() if "overwrite" in client.save_state.__code__.co_varnames else None
    run = rest().get_training_run(run_id(client)).result()
    assert run.base_model == MODEL and run.is_lora and run.lora_rank == 8
    assert run.user_metadata == {"purpose": "peer test"}, run.user_metadata
    listed = rest().list_checkpoints(run_id(client)).result().checkpoints
    assert {c.tinker_path for c in listed} == {state, gone, sampler}
    assert {c.checkpoint_type for c in listed} == {"training", "sampler"}
    assert all(c.size_bytes > 1000 for c in listed)
    assert [c.expires_at is not None for c in listed if c.tinker_path == gone] == [True]
    everywhere = rest().list_user_checkpoints().result().checkpoints
    assert {state, gone, sampler} <= {c.tinker_path for c in everywhere}
    rest().publish_checkpoint_from_tinker_path(state).result()
    rest().unpublish_checkpoint_from_tinker_path(state).result()
    rest().set_checkpoint_ttl_from_tinker_path(state, 60).result()
    rest().set_checkpoint_ttl_from_tinker_path(state, None).result()
    rest().delete_checkpoint_from_tinker_path(gone).result()
    left = {c.tinker_path for c in rest().list_checkpoints(run_id(client)).result().checkpoints}
    assert left == {state, sampler}, left
    info = rest().get_weights_info_by_tinker_path(state).result()
    assert info.base_model == MODEL and info.is_lora and info.lora_rank == 8
    runs = rest().list_training_runs(limit=100).result()
    assert run_id(client) in {r.training_run_id for r in runs.training_runs}


@case
def a_name_is_taken_once():
    client = trainer()
    client.save_state("name").result()
    refused("exists already", lambda: client.save_state("name").result())
    close(loss_of(client, LESSON), loss_of(client, LESSON), 0)


@case
def kinds_of_weights_are_not_confused():
    client = trainer()
    path = client.save_state("state").result().path
    refused("holds training state", lambda: settled(service().create_sampling_client(model_path=path)))
    sampler = client.save_weights_for_sampler("weights").result().path
    refused("holds sampler weights", lambda: settled(service().create_training_client_from_state(sampler)))


main()
