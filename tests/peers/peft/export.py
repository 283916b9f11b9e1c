"""A checkpoint's archive, loaded by PEFT over the same base model in transformers, gives the log-probabilities that the server gives."""

import json
import os

from common import base, distance, logprobs_of, sampler_of, served_logprobs, unpack, with_adapter

from harness import END, case, main, step, text_datum, tokens, trainer, types  # isort: skip

LESSON = [text_datum(t) for t in ("banana split -> anana-bay plit-say", "copy: fox -> fox", "größer → 大")]
SEQUENCES = [
    tokens("banana split -> anana-bay plit-say"),
    [259, *tokens("spell lazy"), END, 260, *tokens("l a z y"), END],
    [(i * i * 7 + 3) % 272 for i in range(150)],
    [5, 6],
]


def trained(steps=4, **shape):
    client = trainer(**shape)
    for _ in range(steps):
        step(client, LESSON, lr=1e-2)
    return client


def compare(**shape):
    path = trained(**shape).save_weights_for_sampler("export").result().path
    folder = unpack(path)
    with open(os.path.join(folder, "adapter_config.json")) as file:
        config = json.load(file)
    model, sampler, plain = with_adapter(folder), sampler_of(path), base()
    moved = 0.0
    for ids in SEQUENCES:
        theirs, ours = logprobs_of(model, ids), served_logprobs(sampler, ids)
        assert distance(theirs, ours) <= 1e-4, f"log-probabilities differ by {distance(theirs, ours)}"
        moved = max(moved, distance(ours, logprobs_of(plain, ids)))
    assert moved > 0.1, f"the adapter changes too little to prove anything: {moved}"
    return config, model, sampler


@case
def all_layers():
    config, model, sampler = compare(rank=16, seed=3)
    assert config["r"] == 16 and config["base_model_name_or_path"] == "tunegraph/tiny-1m", config
    # Greedy continuations, token by token.
    ids = tokens("banana split ->")
    ours = sampler.sample(types.ModelInput.from_ints(ids), 1, types.SamplingParams(max_tokens=24, temperature=0.0, stop=[])).result()
    import torch

    full = model.generate(input_ids=torch.tensor([ids]), max_new_tokens=24, do_sample=False, eos_token_id=None, pad_token_id=0)
    assert full[0, len(ids) :].tolist() == list(ours.sequences[0].tokens)


@case
def every_rank():
    for rank in (1, 2, 64):
        compare(rank=rank, seed=rank)


@case
def attention_alone():
    config, *_ = compare(rank=8, train_mlp=False, train_unembed=False)
    assert set(config["target_modules"]) == {"q_proj", "k_proj", "v_proj", "o_proj"}, config


@case
def feed_forward_alone():
    config, *_ = compare(rank=8, train_attn=False, train_unembed=False)
    assert set(config["target_modules"]) == {"gate_proj", "up_proj", "down_proj"}, config


@case
def the_head_alone_stays_apart_from_the_embedding_it_is_tied_to():
    config, *_ = compare(rank=8, train_attn=False, train_mlp=False)
    assert config["target_modules"] == ["lm_head"], config


@case
def training_state_is_an_adapter_too():
    client = trained(rank=4, seed=9)
    model = with_adapter(unpack(client.save_state("state").result().path))
    sampler = sampler_of(client.save_weights_for_sampler("same").result().path)
    for ids in SEQUENCES:
        assert distance(logprobs_of(model, ids), served_logprobs(sampler, ids)) <= 1e-4


@case
def merged_into_the_base():
    """Without the head: PEFT merges that into the embedding it is tied to, which then changes too."""
    path = trained(rank=8, seed=5, train_unembed=False).save_weights_for_sampler("merge").result().path
    merged = with_adapter(unpack(path)).merge_and_unload()
    sampler = sampler_of(path)
    for ids in SEQUENCES:
        assert distance(logprobs_of(merged, ids), served_logprobs(sampler, ids)) <= 1e-4


main()
