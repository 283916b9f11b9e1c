"""PyTorch's side of the bench: a LoRA step and a sampled sequence over the same model folder, one per line asked for.

Arguments: threads, folders of models. In: `step FOLDER` or `sample FOLDER N`, a line each. Out: a line of JSON each,
{"wall", "processor"} in seconds; threads that wait sleep, so that their waiting is not counted as work. LoRA is written out rather than taken from peft, so that nothing but the arithmetic is timed.
"""

import json
import math
import os
import sys
import time

threads = int(sys.argv[1])
os.environ["OMP_NUM_THREADS"] = str(threads)
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"
os.environ["KMP_BLOCKTIME"] = "0"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import torch  # noqa: E402
from torch import nn  # noqa: E402
from transformers import Qwen3ForCausalLM  # noqa: E402

torch.set_num_threads(threads)
torch.manual_seed(1)
RANK, ALPHA = 16, 32
TARGETS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
SEQUENCES, LENGTH = 16, 128


class Lora(nn.Module):
    def __init__(self, base):
        super().__init__()
        self.base = base
        bound = 1 / math.sqrt(base.in_features)
        self.a = nn.Parameter(torch.empty(RANK, base.in_features).uniform_(-bound, bound))
        self.b = nn.Parameter(torch.zeros(base.out_features, RANK))

    def forward(self, x):
        return self.base(x) + (x @ self.a.T) @ self.b.T * (ALPHA / RANK)


class Peer:
    def __init__(self, folder):
        self.model = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
        for parameter in self.model.parameters():
            parameter.requires_grad_(False)
        for layer in self.model.model.layers:
            for block in (layer.self_attn, layer.mlp):
                for name in TARGETS:
                    if hasattr(block, name):
                        setattr(block, name, Lora(getattr(block, name)))
        adapter = [p for p in self.model.parameters() if p.requires_grad]
        self.optimizer = torch.optim.AdamW(adapter, lr=1e-3, betas=(0.9, 0.95), eps=1e-12, weight_decay=0)
        self.tokens = torch.randint(0, self.model.config.vocab_size, (SEQUENCES, LENGTH + 1))
        self.model.generation_config.eos_token_id = None

    def step(self):
        logits = self.model(self.tokens[:, :-1], use_cache=False).logits
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), self.tokens[:, 1:].flatten(), reduction="sum")
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()

    def sample(self, count):
        prompt = torch.arange(1, 9)[None]
        with torch.no_grad():
            self.model.generate(
                prompt,
                attention_mask=torch.ones_like(prompt),
                do_sample=True,
                temperature=1.0,
                top_k=0,
                top_p=1.0,
                max_new_tokens=count,
                min_new_tokens=count,
                use_cache=True,
                pad_token_id=0,
            )


peers = {folder: Peer(folder) for folder in sys.argv[2:]}
print(json.dumps({"torch": torch.__version__}), flush=True)
for line in sys.stdin:
    name, folder, *count = line.split()
    wall, processor = time.perf_counter(), time.process_time()
    if name == "step":
        peers[folder].step()
    else:
        peers[folder].sample(int(count[0]))
    spent = {"wall": time.perf_counter() - wall, "processor": time.process_time() - processor}
    print(json.dumps(spent), flush=True)
