"""Trains an adapter of PEFT's own kind (queries and values alone) in torch and saves it, with the log-probabilities it then gives."""

import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))

import peft
import torch
from common import base, logprobs_of

from harness import tokens  # isort: skip

TEXT = "banana split -> anana-bay plit-say"


def main(folder):
    torch.manual_seed(6)
    config = peft.LoraConfig(r=8, lora_alpha=12, target_modules=["q_proj", "v_proj"], task_type="CAUSAL_LM")
    model = peft.get_peft_model(base(), config)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    ids = tokens(TEXT)
    for _ in range(5):
        table = model(torch.tensor([ids[:-1]])).logits[0].log_softmax(-1)
        (-table.gather(1, torch.tensor(ids[1:])[:, None]).sum()).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.eval().save_pretrained(folder)
    sequences = [ids, tokens("copy: fox -> fox")]
    with open(os.path.join(folder, "expected.json"), "w") as file:
        json.dump([{"ids": some, "adapted": logprobs_of(model, some)} for some in sequences], file)


main(sys.argv[1])
