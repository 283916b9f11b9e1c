"""Writes tokens.json beside it: how many tokens pictures of many sizes take, by the image processors of the Python package
transformers 5.23.0 (Apache-2.0), of which only the functions that decide the size are run.

    python3 -m venv .venv && .venv/bin/pip install transformers==5.23.0
    .venv/bin/python tests/golden/pictures/make.py
"""

import ast
import json
import math
import pathlib
import random

import transformers

HERE = pathlib.Path(__file__).parent
MODELS = pathlib.Path(transformers.__file__).parent / "models"


def function_of(module, name):
    """Without its module, which wants PyTorch's vision package."""
    tree = ast.parse((MODELS / module).read_text())
    found = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)
    scope = {"math": math}
    exec(compile(ast.Module([found], []), module, "exec"), scope)
    return scope[name]


smart_resize = function_of("qwen2_vl/image_processing_qwen2_vl.py", "smart_resize")
navit_resize = function_of("kimi_k25/image_processing_kimi_k25.py", "navit_resize")

# As the models' own preprocessor_config.json says it.
CONFIGS = {
    "qwen3-vl": {"patch_size": 16, "merge_size": 2, "size": {"shortest_edge": 65536, "longest_edge": 16777216}},
    "qwen2.5-vl": {"patch_size": 14, "merge_size": 2, "min_pixels": 3136, "max_pixels": 12845056},
    "kimi-k2.5": {
        "media_proc_cfg": {
            "patch_size": 14,
            "merge_kernel_size": 2,
            "in_patch_limit": 16384,
            "patch_limit_on_one_side": 512,
        }
    },
}


def size_by(name, width, height):
    config = CONFIGS[name]
    if "media_proc_cfg" in config:
        kimi = config["media_proc_cfg"]
        (h, w), (padded_h, padded_w) = navit_resize(
            height,
            width,
            patch_size=kimi["patch_size"],
            merge_kernel_size=kimi["merge_kernel_size"],
            max_patches=kimi["in_patch_limit"],
            max_size_per_side=kimi["patch_limit_on_one_side"],
        )
        factor = kimi["patch_size"] * kimi["merge_kernel_size"]
        return [w, h, (padded_h // factor) * (padded_w // factor)]
    size = config.get("size", {})
    factor = config["patch_size"] * config["merge_size"]
    h, w = smart_resize(
        height,
        width,
        factor,
        min_pixels=config.get("min_pixels", size.get("shortest_edge")),
        max_pixels=config.get("max_pixels", size.get("longest_edge")),
    )
    return [w, h, (h // factor) * (w // factor)]


rng = random.Random(20261122)
SIZES = [
    *[(1, 1), (1, 200), (200, 1), (16, 16), (28, 28), (32, 32), (48, 80), (80, 48), (70, 42), (14, 14), (15, 13)],
    *[(224, 224), (256, 256), (640, 480), (1024, 768), (1920, 1080), (3840, 2160), (4096, 4096), (8000, 6000)],
    *[(7168, 7168), (7169, 100), (100, 20000), (12000, 400), (5000, 5001), (336, 112), (176, 528), (240, 272)],
    *[(rng.randrange(1, 9000), rng.randrange(1, 9000)) for _ in range(150)],
    *[(rng.randrange(1, 60), rng.randrange(1, 60)) for _ in range(40)],
    *[(rng.randrange(1, 40) * 16, rng.randrange(1, 40) * 16) for _ in range(40)],
]

rows = {name: [] for name in CONFIGS}
for name in CONFIGS:
    for width, height in SIZES:
        try:
            rows[name].append([width, height, *size_by(name, width, height)])
        except ValueError:
            rows[name].append([width, height])  # refused: too long and thin

lines = [
    f'{json.dumps(name)}:{{"config":{json.dumps(CONFIGS[name])},"rows":[\n'
    + ",\n".join(json.dumps(row, separators=(",", ":")) for row in rows[name])
    + "\n]}"
    for name in CONFIGS
]
(HERE / "tokens.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(len(SIZES), "sizes")
