"""What the scripted worker finds inside a model, view by view; it loads nothing."""

from typing import Any


def looked(request: dict[str, Any], known: list[str], blocks: int, heads: int) -> dict[str, Any]:
    """What a view finds: of a step, the likeliest character is the one of that number; best weights have none.

    Of a reply to a source the text has its start, and heads that see the source look at its first character.
    """
    if request.get("source") is not None:
        return looked_at_pair(request, known, blocks, heads)
    length = len(request["text"])
    place = length - 1 if request.get("place") is None else request["place"]
    first = request.get("step") or 0
    order = known[first % len(known) :] + known[: first % len(known)]
    chances = [{"character": character, "probability": 0.5**rank} for rank, character in enumerate(order, 1)]

    def row(block: int, head: int, t: int) -> list[float]:
        """All of it looks at one place, so far back as block and head say."""
        return [float(n == max(t - block - 2 * head, 0)) for n in range(t + 1)]

    every = [(block, head) for block in range(blocks) for head in range(heads)]
    match request["view"]:
        case "next":
            return {"place": place, "raw": chances, "drawn": chances[:2]}
        case "attention" if request.get("part"):
            block, head = (int(word) for word in request["part"].split(".")[1::2])
            weights = [row(block, head, t) for t in range(length)]
            return {"view": "head", "block": block, "head": head, "weights": weights}
        case "attention":
            weights = [[row(block, head, place) for head in range(heads)] for block in range(blocks)]
            return {"place": place, "weights": weights}
        case "heads":
            side = min(length, 8)
            padded = [[row(*one, t) + [0.0] * (side - 1 - t) for t in range(side)] for one in every]
            return {"maps": [padded[heads * block : heads * (block + 1)] for block in range(blocks)]}
        case "surprise":
            bits = [float(n % 9) for n in range(length)]
            return {"bits": bits, "mean_bits": sum(bits) / length, "loss": 1.0}
        case "lens":
            return {"place": place, "stages": [chances[n : n + 3] for n in range(blocks + 1)]}
        case "without":
            off = request["without"]
            then = chances[len(off) :] + chances[: len(off)]
            more = {"bits": 1.5, "bits_without": 1.5 + 0.25 * len(off), "next": chances, "next_without": then}
            return {"place": place, "off": off, **more}
        case "ablation":
            parts = [(f"blocks.{b}.head.{h}", heads * b + h) for b, h in every]
            costs = [
                {"part": name, "bits": 1.5, "more": n / 10, "next": chances[n % 2 : 3 + n % 2]} for name, n in parts
            ]
            return {"bits": 1.5, "next": chances[:3], "parts": costs}
        case "neurons":
            chosen = [int(word) for word in (request.get("part") or "").split(".")[1::2]]
            units = [(chosen[0], chosen[1], "")] if chosen else [(b, 10 * b + h, f"concept {b}{h}") for b, h in every]
            return {
                "units": [
                    {
                        "block": b,
                        "unit": u,
                        "concept": concept,
                        "auc": 0.9,
                        "activations": [n % 4 / 3 for n in range(length)],
                    }
                    for b, u, concept in units
                ]
            }
        case other:
            raise LookupError(f"there is no view {other!r}. Choose another one.")


def looked_at_pair(request: dict[str, Any], known: list[str], blocks: int, heads: int) -> dict[str, Any]:
    """What a view finds in a source and a reply to it."""
    alone = {**request, "source": None, "text": f"\x02{request['text']}"}
    part, source = request.get("part") or "", f"{request['source']}\x03"
    if request["view"] not in ("attention", "heads"):
        return {"text": alone["text"], **looked(alone, known, blocks, heads)}
    both = "encoder" in part
    kind = "encoder.attention" if both else "cross_attention" if "cross" in part else "attention"
    text = source if both else alone["text"]
    of_head = part.removeprefix("encoder.") if ".head." in part or ".cross_head." in part else ""
    alone |= {"text": text, "part": of_head, "place": 0 if both else request.get("place")}
    found = looked(alone, known, blocks, heads)
    found |= {"kind": kind, "text": text}
    if kind == "attention":
        return found
    row = [1.0] + [0.0] * (len(source) - 1)
    if "maps" in found:
        found["maps"] = [[[row] * min(len(text), 8)] * heads] * blocks
    else:
        found["weights"] = [row] * len(text) if found.get("view") == "head" else [[row] * heads] * blocks
    return {**found, "seen": source}
