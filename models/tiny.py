"""The tiny Qwen3 in plain PyTorch: forward over a dictionary of Hugging Face tensors, with or without LoRA and a key-value cache."""

import math

import torch
import torch.nn.functional as F

from layout import CONFIG

LAYERS = CONFIG["num_hidden_layers"]
WIDTH = CONFIG["hidden_size"]
HEADS = CONFIG["num_attention_heads"]
KV_HEADS = CONFIG["num_key_value_heads"]
HEAD = CONFIG["head_dim"]
INNER = CONFIG["intermediate_size"]
EPS = CONFIG["rms_norm_eps"]
VOCAB = CONFIG["vocab_size"]

Weights = dict[str, torch.Tensor]

LINEAR_SHAPES = {
    "self_attn.q_proj": (HEADS * HEAD, WIDTH),
    "self_attn.k_proj": (KV_HEADS * HEAD, WIDTH),
    "self_attn.v_proj": (KV_HEADS * HEAD, WIDTH),
    "self_attn.o_proj": (WIDTH, HEADS * HEAD),
    "mlp.gate_proj": (INNER, WIDTH),
    "mlp.up_proj": (INNER, WIDTH),
    "mlp.down_proj": (WIDTH, INNER),
}


def linear_names() -> list[str]:
    return [f"model.layers.{i}.{name}" for i in range(LAYERS) for name in LINEAR_SHAPES]


def fresh_weights(generator: torch.Generator) -> Weights:
    """Normal(0, 0.02) embeddings, Normal(0, 1/√fan-in) matrices with the two residual outputs scaled down by √(2·layers), norms at one."""
    w: Weights = {"model.embed_tokens.weight": torch.randn(VOCAB, WIDTH, generator=generator) * 0.02}
    for i in range(LAYERS):
        for name, (rows, columns) in LINEAR_SHAPES.items():
            scale = 1 / math.sqrt(columns)
            if name.endswith(("o_proj", "down_proj")):
                scale /= math.sqrt(2 * LAYERS)
            w[f"model.layers.{i}.{name}.weight"] = torch.randn(rows, columns, generator=generator) * scale
        for name, size in (
            ("self_attn.q_norm", HEAD),
            ("self_attn.k_norm", HEAD),
            ("input_layernorm", WIDTH),
            ("post_attention_layernorm", WIDTH),
        ):
            w[f"model.layers.{i}.{name}.weight"] = torch.ones(size)
    w["model.norm.weight"] = torch.ones(WIDTH)
    return w


def rotary(start: int, length: int) -> tuple[torch.Tensor, torch.Tensor]:
    frequency = CONFIG["rope_theta"] ** (-torch.arange(0, HEAD, 2, dtype=torch.float32) / HEAD)
    angle = torch.arange(start, start + length, dtype=torch.float32)[:, None] * frequency[None, :]
    angle = torch.cat((angle, angle), dim=-1)
    return angle.cos(), angle.sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    half = HEAD // 2
    return x * cos + torch.cat((-x[..., half:], x[..., :half]), dim=-1) * sin


def norm(x: torch.Tensor, scale: torch.Tensor) -> torch.Tensor:
    return F.rms_norm(x, (x.shape[-1],), scale, EPS)


class Cache:
    """Keys and values so far, one (keys, values) pair per layer: [batch, kv heads, positions, head]."""

    def __init__(self) -> None:
        self.layers: list[tuple[torch.Tensor, torch.Tensor] | None] = [None] * LAYERS
        self.length = 0


def forward(w: Weights, ids: torch.Tensor, cache: Cache | None = None, mask: torch.Tensor | None = None) -> torch.Tensor:
    """Logits [batch, positions, vocabulary] of `ids` [batch, positions]. `mask` (True = may look) replaces plain causal attention."""
    batch, length = ids.shape
    start = cache.length if cache else 0
    cos, sin = rotary(start, length)
    x = F.embedding(ids, w["model.embed_tokens.weight"])
    for i in range(LAYERS):
        p = f"model.layers.{i}."
        h = norm(x, w[p + "input_layernorm.weight"])
        q = F.linear(h, w[p + "self_attn.q_proj.weight"]).view(batch, length, HEADS, HEAD)
        k = F.linear(h, w[p + "self_attn.k_proj.weight"]).view(batch, length, KV_HEADS, HEAD)
        v = F.linear(h, w[p + "self_attn.v_proj.weight"]).view(batch, length, KV_HEADS, HEAD).transpose(1, 2)
        q = rotate(norm(q, w[p + "self_attn.q_norm.weight"]).transpose(1, 2), cos, sin)
        k = rotate(norm(k, w[p + "self_attn.k_norm.weight"]).transpose(1, 2), cos, sin)
        if cache:
            if cache.layers[i] is not None:
                k = torch.cat((cache.layers[i][0], k), dim=2)
                v = torch.cat((cache.layers[i][1], v), dim=2)
            cache.layers[i] = (k, v)
        k, v = (t.repeat_interleave(HEADS // KV_HEADS, dim=1) for t in (k, v))
        causal = mask is None and length > 1
        a = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        x = x + F.linear(a.transpose(1, 2).reshape(batch, length, HEADS * HEAD), w[p + "self_attn.o_proj.weight"])
        h = norm(x, w[p + "post_attention_layernorm.weight"])
        gate = F.silu(F.linear(h, w[p + "mlp.gate_proj.weight"]))
        x = x + F.linear(gate * F.linear(h, w[p + "mlp.up_proj.weight"]), w[p + "mlp.down_proj.weight"])
    if cache:
        cache.length += length
    return F.linear(norm(x, w["model.norm.weight"]), w.get("lm_head.weight", w["model.embed_tokens.weight"]))


def generate(
    w: Weights, prompts: list[list[int]], max_tokens: int, temperature: float, stop: int, generator: torch.Generator
) -> list[tuple[list[int], list[float]]]:
    """Per prompt the sampled ids (the stop token included when reached) and their logprobs. Prompts of one length share a batch."""
    results: list[tuple[list[int], list[float]] | None] = [None] * len(prompts)
    groups: dict[int, list[int]] = {}
    for index, prompt in enumerate(prompts):
        groups.setdefault(len(prompt), []).append(index)
    with torch.no_grad():
        for rows in groups.values():
            cache = Cache()
            logits = forward(w, torch.tensor([prompts[r] for r in rows]), cache)[:, -1]
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
                logits = forward(w, pick, cache)[:, -1]
            all_ids = torch.stack(ids, 1).tolist()
            all_logprobs = torch.stack(logprobs, 1).tolist()
            for row, sampled, lp in zip(rows, all_ids, all_logprobs):
                end = sampled.index(stop) + 1 if stop in sampled else len(sampled)
                results[row] = (sampled[:end], lp[:end])
    return [r for r in results if r is not None]
