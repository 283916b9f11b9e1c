"""Both models that come along, side by side in one session: each trains, and what is saved of one stays with it."""

from harness import MODEL, case, main, prompt, refused, service, settled, step, text_datum, trainer, types

LARGER = "tunegraph/tiny-4m"
LESSON = [text_datum(t) for t in ("one two three", "four five six")]


def larger(rank=8):
    return settled(service().create_lora_training_client(base_model=LARGER, rank=rank, seed=1))


@case
def both_train_at_once():
    clients = [trainer(), larger()]
    losses = [[step(client, LESSON) for client in clients] for _ in range(6)]
    for first, last in zip(losses[0], losses[-1]):
        assert last < 0.8 * first, losses
    assert losses[0][0] != losses[0][1], losses
    names = [client.get_info().model_data.model_name for client in clients]
    assert names == [MODEL, LARGER], names


@case
def a_state_goes_back_to_its_own_model():
    client = larger()
    step(client, LESSON)
    path = client.save_state("kept").result().path
    straight = step(client, LESSON)
    resumed = settled(service().create_training_client_from_state_with_optimizer(path))
    assert resumed.get_info().model_data.model_name == LARGER
    assert step(resumed, LESSON) == straight
    refused(f"belongs to {LARGER}, not to {MODEL}", lambda: trainer().load_state(path).result())


@case
def both_answer_with_and_without_an_adapter():
    params = types.SamplingParams(max_tokens=6, temperature=0.0)
    ask = lambda sampler: sampler.sample(prompt=prompt("spell cat"), num_samples=1, sampling_params=params).result().sequences[0].tokens  # noqa: E731
    bases = [settled(service().create_sampling_client(base_model=name)) for name in (MODEL, LARGER)]
    for sampler in bases:
        assert len(ask(sampler)) > 0
    client = larger()
    for _ in range(20):
        step(client, [text_datum("spell cat: meow")])
    said = bytes(ask(settled(client.save_weights_and_get_sampling_client()))).decode()
    assert said.startswith(": meo"), said


main()
