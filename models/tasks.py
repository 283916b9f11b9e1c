"""Pre-training conversations: copying, spelling, counting and other small work on words. No task moves the first letter of a word to its end."""

import random
from collections.abc import Callable

from words import pretraining_words, pseudo_word

ENGLISH = pretraining_words()
Turn = tuple[str, str]
SEPARATORS = [" ", "-", ",", ".", "/", "_", ", ", " - ", "+", ":"]
ORDINALS = ["first", "second", "third", "fourth", "fifth"]


class Maker:
    """Draws words and builds one question with its answer."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def word(self) -> str:
        return self.rng.choice(ENGLISH) if self.rng.random() < 0.35 else pseudo_word(self.rng)

    def short(self, most: int = 6) -> str:
        word = self.word()
        while len(word) > most:
            word = self.word()
        return word

    def phrase(self, least: int = 1, most: int = 3) -> str:
        return " ".join(self.word() for _ in range(self.rng.randint(least, most)))

    def ask(self, verbs: list[str], body: str) -> str:
        verb = self.rng.choice(verbs)
        return verb.replace("@", body) if "@" in verb else f"{verb}{self.rng.choice([': ', ' ', ': '])}{body}"


def echo(m: Maker) -> Turn:
    text = m.phrase()
    return text, text


def copy(m: Maker) -> Turn:
    text = m.phrase(1, 4)
    return m.ask(["copy", "say", "repeat", "write", "please say @", "echo"], text), text


def spell(m: Maker) -> Turn:
    word, separator = m.word(), m.rng.choice(SEPARATORS)
    name = {" ": "spaces", "-": "dashes", ",": "commas", ".": "dots"}.get(separator, f'"{separator}"')
    return m.ask([f"spell with {name}", f"spell @ with {name}"], word), separator.join(word)


def spell_plain(m: Maker) -> Turn:
    word = m.word()
    return m.ask(["spell", "letters of @"], word), " ".join(word)


def join(m: Maker) -> Turn:
    word = m.word()
    return m.ask(["join"], m.rng.choice(SEPARATORS).join(word)), word


def join_words(m: Maker) -> Turn:
    words, separator = [m.short() for _ in range(m.rng.randint(2, 3))], m.rng.choice(SEPARATORS[1:])
    return f'join with "{separator}": {" ".join(words)}', separator.join(words)


def count(m: Maker) -> Turn:
    word = m.word()
    return m.ask(["count", "how many letters in @?", "length of @"], word), str(len(word))


def count_words(m: Maker) -> Turn:
    text = m.phrase(1, 5)
    return m.ask(["count words", "how many words: @"], text), str(len(text.split()))


def nth(m: Maker) -> Turn:
    word = m.word()
    i = m.rng.choice((0, 0, 0, *range(5)))
    if i >= len(word) or m.rng.random() < 0.25:
        return m.ask(["last letter of @", "last letter"], word), word[-1]
    return m.ask([f"{ORDINALS[i]} letter of @", f"{ORDINALS[i]} letter"], word), word[i]


def initials(m: Maker) -> Turn:
    text = m.phrase(2, 4)
    return m.ask(["first letters", "initials of @"], text), " ".join(w[0] for w in text.split())


def drop(m: Maker) -> Turn:
    word = m.word()
    if m.rng.random() < 0.6:
        return m.ask(["drop the first letter", "@ without its first letter"], word), word[1:]
    return m.ask(["drop the last letter", "@ without its last letter"], word), word[:-1]


def case(m: Maker) -> Turn:
    text = m.phrase(1, 2)
    kind = m.rng.randrange(3)
    if kind == 0:
        return m.ask(["uppercase", "shout"], text), text.upper()
    if kind == 1:
        return m.ask(["lowercase"], text.upper()), text
    return m.ask(["capitalise", "title"], text), text.title()


def reverse(m: Maker) -> Turn:
    word = m.short()
    return m.ask(["reverse", "@ backwards"], word), word[::-1]


def repeat(m: Maker) -> Turn:
    word, n, separator = m.short(), m.rng.randint(2, 3), m.rng.choice([" ", " ", ", ", "-", ""])
    how = {" ": "", ", ": " with commas", "-": " with dashes", "": " with no space"}[separator]
    return f"{word} {['twice', 'three times'][n - 2]}{how}", separator.join([word] * n)


def affix(m: Maker) -> Turn:
    text, extra = m.phrase(1, 2), m.short(3)
    if m.rng.random() < 0.6:
        return m.rng.choice([f"add {extra} after: {text}", f"end each word with {extra}: {text}"]), " ".join(w + extra for w in text.split())
    return f"add {extra} before: {text}", " ".join(extra + w for w in text.split())


def replace(m: Maker) -> Turn:
    word = m.word()
    old, new = m.rng.choice(word), m.rng.choice("abcdefghijklmnopqrstuvwxyz*")
    return f"change {old} to {new}: {word}", word.replace(old, new)


def vowels(m: Maker) -> Turn:
    word = m.word()
    kind = m.rng.randrange(4)
    if kind == 0:
        return m.ask(["vowels of @"], word), "".join(c for c in word if c in "aeiou") or "none"
    if kind == 1:
        return m.ask(["consonants of @"], word), "".join(c for c in word if c not in "aeiou") or "none"
    if kind == 2:
        c = m.rng.choice("abcdefghijklmnopqrstuvwxyzaeiouaeiou")
        return f"is {c} a vowel?", "yes" if c in "aeiou" else "no"
    return f"does {word} begin with a vowel?", "yes" if word[0] in "aeiou" else "no"


def contains(m: Maker) -> Turn:
    word = m.word()
    c = m.rng.choice(word + "abcdefghijklmnopqrstuvwxyz"[: len(word)])
    return f"is there {c} in {word}?", "yes" if c in word else "no"


def wrap(m: Maker) -> Turn:
    text = m.phrase(1, 2)
    name, shape = m.rng.choice(
        [
            ("quotes", '"@"'),
            ("brackets", "[@]"),
            ("braces", "{@}"),
            ("stars", "*@*"),
            ("parentheses", "(@)"),
            ("json", '{"word": "@"}'),
            ("bold", "<b>@</b>"),
            ("a sentence", "the word is @."),
        ]
    )
    return m.ask([f"put in {name}", f"wrap in {name}"], text), shape.replace("@", text)


def listing(m: Maker) -> Turn:
    words = [m.short() for _ in range(m.rng.randint(2, 4))]
    text = " ".join(words)
    kind = m.rng.randrange(7)
    if kind == 0:
        return m.ask(["as json list"], text), "[" + ", ".join(f'"{w}"' for w in words) + "]"
    if kind == 1:
        return m.ask(["first word"], text), words[0]
    if kind == 2:
        return m.ask(["last word"], text), words[-1]
    if kind == 3:
        return m.ask(["swap"], f"{words[0]} {words[1]}"), f"{words[1]} {words[0]}"
    if kind == 4:
        return m.ask(["words backwards"], text), " ".join(reversed(words))
    if kind == 5:
        return m.ask(["longest"], text), max(words, key=len)
    return m.ask(["number the words"], text), " ".join(f"{i + 1}.{w}" for i, w in enumerate(words))


def continue_list(m: Maker) -> Turn:
    n = m.rng.randint(3, 5)
    if m.rng.random() < 0.5:
        start, step = m.rng.randint(0, 30), m.rng.choice((1, 1, 2, 5, 10))
        items = [str(start + step * i) for i in range(n + 3)]
    else:
        start = m.rng.randint(0, 26 - n - 3)
        items = list("abcdefghijklmnopqrstuvwxyz"[start : start + n + 3])
    return m.ask(["continue", "next three"], " ".join(items[:n])), " ".join(items[n:])


def sums(m: Maker) -> Turn:
    a, b = m.rng.randint(0, 20), m.rng.randint(0, 20)
    if m.rng.random() < 0.6:
        return m.rng.choice([f"{a}+{b}", f"{a} + {b} =", f"what is {a} plus {b}?"]), str(a + b)
    a, b = max(a, b), min(a, b)
    return m.rng.choice([f"{a}-{b}", f"{a} - {b} =", f"what is {a} minus {b}?"]), str(a - b)


def fact(m: Maker) -> Turn:
    name, thing, other = m.short().title(), m.short(), m.short()
    kind = m.rng.randrange(4)
    if kind == 0:
        return f"{name} has a {thing}. what does {name} have?", f"a {thing}"
    if kind == 1:
        return f"the {thing} is {other}. what is {other}?", f"the {thing}"
    if kind == 2:
        return f"my name is {name}. who am i?", name
    return f"{thing} means {other}. what does {thing} mean?", other


def analogy(m: Maker) -> Turn:
    """Two worked cases of a random rule, then a third to answer: learning from the context."""
    extra = m.short(3)
    rule: Callable[[str], str] = m.rng.choice(
        [
            lambda w: w + extra,
            lambda w: extra + w,
            lambda w: w.upper(),
            lambda w: f"{w} {w}",
            lambda w: f"[{w}]",
            lambda w: w[0],
            lambda w: w[-1],
            lambda w: " ".join(w),
            lambda w: "-".join(w),
            lambda w: w,
            lambda w: f"{extra} {w}",
            lambda w: w[:-1] if len(w) > 2 else w,
        ]
    )
    a, b, c = (m.short() for _ in range(3))
    arrow = m.rng.choice([" -> ", " = ", ": "])
    return f"{a}{arrow}{rule(a)}; {b}{arrow}{rule(b)}; {c}{arrow}", rule(c)


WEIGHTED: list[tuple[int, Callable[[Maker], Turn]]] = [
    (12, echo), (8, copy), (5, spell), (4, spell_plain), (5, join), (4, join_words), (4, count), (2, count_words), (7, nth), (4, initials),
    (7, drop), (6, case), (5, reverse), (4, repeat), (7, affix), (3, replace), (3, vowels), (2, contains), (5, wrap), (6, listing),
    (3, continue_list), (4, sums), (4, fact), (6, analogy),
]  # fmt: skip
WEIGHTS = [w for w, _ in WEIGHTED]
MAKERS = [f for _, f in WEIGHTED]

# A system turn that asks for a manner, and what that manner does to an answer.
MANNERS: list[tuple[str, Callable[[str], str]]] = [
    ("answer in capitals", str.upper),
    ("answer in quotes", lambda a: f'"{a}"'),
    ("end with a full stop", lambda a: a + "."),
    ("answer as json", lambda a: '{"answer": "' + a.replace('"', '\\"') + '"}'),
    ("be brief", lambda a: a),
    ("you are a helpful assistant", lambda a: a),
]


def conversation(m: Maker) -> list[Turn]:
    """(role, content) turns: mostly one question, sometimes two to six, sometimes with a system turn first."""
    turns: list[Turn] = []
    manner: Callable[[str], str] = lambda a: a
    if m.rng.random() < 0.08:
        name, manner = m.rng.choice(MANNERS)
        turns.append(("system", name))
    roll = m.rng.random()
    rounds = 1 if roll < 0.9 else 2 if roll < 0.97 else m.rng.randint(3, 6)
    for _ in range(rounds):
        question, answer = m.rng.choices(MAKERS, WEIGHTS)[0](m)
        turns += [("user", question), ("assistant", manner(answer))]
    return turns
