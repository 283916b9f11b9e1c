"""The tiny Qwen3 in plain PyTorch: forward over a dictionary of Hugging Face tensors, with or without LoRA and a key-value cache."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F

from layout import Config

Weights = dict[str, torch.Tensor]


@dataclass(frozen=True)
class Shape:
    layers: int
    width: int
    heads: int
    kv_heads: int
    head: int
    inner: int
    vocab: int
    eps: float
    theta: float

    @staticmethod
    def of(config: Config) -> "Shape":
        """`config`: what a folder's config.json holds."""
        return Shape(
            layers=config["num_hidden_layers"],
            width=config["hidden_size"],
            heads=config["num_attention_heads"],
            kv_heads=config["num_key_value_heads"],
            head=config["head_dim"],
            inner=config["intermediate_size"],
            vocab=config["vocab_size"],
            eps=config["rms_norm_eps"],
            theta=config["rope_theta"],
        )

    def linears(self) -> dict[str, tuple[int, int]]:
        """Rows and columns of each linear layer's weight, by its name within a layer."""
        queries, keys = self.heads * self.head, self.kv_heads * self.head
        return {
            "self_attn.q_proj": (queries, self.width),
            "self_attn.k_proj": (keys, self.width),
            "self_attn.v_proj": (keys, self.width),
            "self_attn.o_proj": (self.width, queries),
            "mlp.gate_proj": (self.inner, self.width),
            "mlp.up_proj": (self.inner, self.width),
            "mlp.down_proj": (self.width, self.inner),
        }

    def all_linears(self) -> dict[str, tuple[int, int]]:
        """The same for every layer, by full names without `.weight`."""
        return {f"model.layers.{i}.{name}": shape for i in range(self.layers) for name, shape in self.linears().items()}


def fresh_weights(shape: Shape, generator: torch.Generator) -> Weights:
    """Normal(0, 0.02) embeddings, Normal(0, 1/√fan-in) matrices with the two residual outputs scaled down by √(2·layers), norms at one."""
    w: Weights = {"model.embed_tokens.weight": torch.randn(shape.vocab, shape.width, generator=generator) * 0.02}
    for i in range(shape.layers):
        for name, (rows, columns) in shape.linears().items():
            scale = 1 / math.sqrt(columns)
            if name.endswith(("o_proj", "down_proj")):
                scale /= math.sqrt(2 * shape.layers)
            w[f"model.layers.{i}.{name}.weight"] = torch.randn(rows, columns, generator=generator) * scale
        for name, size in (
            ("self_attn.q_norm", shape.head),
            ("self_attn.k_norm", shape.head),
            ("input_layernorm", shape.width),
            ("post_attention_layernorm", shape.width),
        ):
            w[f"model.layers.{i}.{name}.weight"] = torch.ones(size)
    w["model.norm.weight"] = torch.ones(shape.width)
    return w


def rotary(shape: Shape, start: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    frequency = shape.theta ** (-torch.arange(0, shape.head, 2, dtype=torch.float32) / shape.head)
    angle = torch.arange(start, start + length, dtype=torch.float32)[:, None] * frequency[None, :]
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    half = x.shape[-1] // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def norm(x: torch.Tensor, scale: torch.Tensor, eps: float) -> torch.Tensor:
    return F.rms_norm(x, (x.shape[-1],), scale, eps)


class Cache:
    """Keys and values so far, one (keys, values) pair per layer: [batch, kv heads, positions, head]."""

    def __init__(self, layers: int) -> None:
        self.layers: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * layers
        self.length = 0


def forward(
    shape: Shape, w: Weights, ids: torch.Tensor, cache: Cache | None = None, mask: torch.Tensor | None = None
) -> torch.Tensor:
    """Logits [batch, positions, vocabulary] of `ids` [batch, positions]. `mask` (True = may look) replaces plain causal attention."""
    batch, length = ids.shape
    start = cache.length if cache else 0
    cos, sin = rotary(shape, start, length)
    x = F.embedding(ids, w["model.embed_tokens.weight"])
    heads, kv_heads, head, eps = shape.heads, shape.kv_heads, shape.head, shape.eps
    for i in range(shape.layers):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm.weight"], eps)
        q = F.linear(h, w[p + "self_attn.q_proj.weight"]).view(batch, length, heads, head)
        k = F.linear(h, w[p + "self_attn.k_proj.weight"]).view(batch, length, kv_heads, head)
        v = F.linear(h, w[p + "self_attn.v_proj.weight"]).view(batch, length, kv_heads, head).transpose(1, 2)
        q = rotate(norm(q, w[p + "self_attn.q_norm.weight"], eps).transpose(1, 2), cos, sin)
        k = rotate(norm(k, w[p + "self_attn.k_norm.weight"], eps).transpose(1, 2), cos, sin)
        if cache:
            if cache.layers[i] is not None:
                k = torch.cat((cache.layers[i][0], k), dim=2)
                v = torch.cat((cache.layers[i][1], v), dim=2)
            cache.layers[i] = (k, v)
        k, v = (t.repeat_interleave(heads // kv_heads, dim=1) for t in (k, v))
        causal = mask is None and length > 1
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        x = x + F.linear(a.transpose(1, 2).reshape(batch, length, heads * head), w[p + "self_attn.o_proj.weight"])
        h = norm(x, w[p + "post_attention_layernorm.weight"], eps)
        gate = F.silu(F.linear(h, w[p + "mlp.gate_proj.weight"]))
        x = x + F.linear(gate * F.linear(h, w[p + "mlp.up_proj.weight"]), w[p + "mlp.down_proj.weight"])
    if cache:
        cache.length += length
    return F.linear(norm(x, w["model.norm.weight"], eps), w.get("lm_head.weight", w["model.embed_tokens.weight"]))


def generate(
    shape: Shape, w: Weights, prompts: list[list[int]], max_tokens: int, temperature: float, stop: int, generator: torch.Generator
) -> list[tuple[list[int], list[float]]]:
    """Per prompt the sampled ids (the stop token included when reached) and their logprobs. Prompts of one length share a batch."""
    results: list[tuple[list[int], list[float]] | None] = [None] * len(prompts)
    groups: dict[int, list[int]] = {}
    for index, prompt in enumerate(prompts):
        groups.setdefault(len(prompt), []).append(index)
    with torch.no_grad():
        for rows in groups.values():
            cache = Cache(shape.layers)
            logits = forward(shape, w, torch.tensor([prompts[r] for r in rows]), cache)[:, -1]
            ids: list[torch.Tensor] = []
            logprobs: list[torch.Tensor] = []
            done = torch.zeros(len(rows), dtype=torch.bool)
            for _ in range(max_tokens):
                table = F.log_softmax(logits / (temperature or 1.0), dim=-1)
                pick = torch.multinomial(table.exp(), 1, generator=generator) if temperature else table.argmax(-1, keepdim=True)
                ids.append(pick[:, 0])
                logprobs.append(table.gather(1, pick)[:, 0])
                done |= pick[:, 0] == stop
                if bool(done.all()):
                    break
                logits = forward(shape, w, pick, cache)[:, -1]
            all_ids = torch.stack(ids, 1).tolist()
            all_logprobs = torch.stack(logprobs, 1).tolist()
            for row, sampled, lp in zip(rows, all_ids, all_logprobs):
                end = sampled.index(stop) + 1 if stop in sampled else len(sampled)
                results[row] = (sampled[:end], lp[:end])
    return [r for r in results if r is not None]
