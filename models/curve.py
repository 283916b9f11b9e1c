"""Draws loss-curve.svg from a folder's pretraining-log.csv: answer loss (log scale) over tokens. Usage: python curve.py [folder]"""

import csv
import math
import sys
from pathlib import Path

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 320, 56, 16, 28, 44


def svg(points: list[tuple[float, float]]) -> str:
    """`points`: (tokens, nats per answer token)."""
    most = max(t for t, _ in points)
    low = math.floor(math.log10(min(v for _, v in points)))
    high = math.ceil(math.log10(max(v for _, v in points)))
    x = lambda t: LEFT + t / most * (WIDTH - LEFT - RIGHT)
    y = lambda v: TOP + (high - math.log10(v)) / (high - low) * (HEIGHT - TOP - BOTTOM)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="#444">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="18">Pre-training loss on answers (nats per token)</text>',
    ]
    for power in range(low, high + 1):
        for value in (1, 2, 5):
            v = value * 10.0**power
            if v > 10.0**high:
                continue
            parts.append(f'<path d="M{LEFT} {y(v):.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(f'<text x="{LEFT - 6}" y="{y(v) + 4:.1f}" text-anchor="end">{v:g}</text>')
    for i in range(5):
        t = most * i / 4
        parts.append(f'<text x="{x(t):.1f}" y="{HEIGHT - 24}" text-anchor="middle">{t / 1e6:.1f}M</text>')
    parts.append(f'<text x="{WIDTH / 2}" y="{HEIGHT - 6}" text-anchor="middle">tokens seen</text>')
    line = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in points)
    parts.append(f'<polyline points="{line}" fill="none" stroke="#2563eb" stroke-width="1.5"/>')
    return "\n".join(parts) + "\n</svg>\n"


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("tunegraph-tiny-1m")
    rows = list(csv.DictReader((folder / "pretraining-log.csv").open()))
    points = [(float(r["tokens"]), float(r["answer_loss"])) for r in rows]
    (folder / "loss-curve.svg").write_text(svg(points), encoding="utf-8")


if __name__ == "__main__":
    main()
