"""Target or not: what the words, the years and the section around a quantity say, tried in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extract.clauses import Clause, says_annual
from extract.outline import Mode
from extract.quantities import Quantity
from extract.times import Time
from extract.vocabulary import Hit, phrase_table, word_set
from extract.year_scopes import YearScope


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What holds for a sentence before it is read: from the document, the headings and the sentences before it."""

    mode: Mode
    kind: str
    document_year: int | None
    """First year that is not past: the year of issue, or the next one for a plan that is made for the next one."""
    issue_year: int | None
    issued: tuple[int, int] | None
    """Year and month of issue, where the date is known."""
    scopes: tuple[YearScope, ...]
    """Years handed down, the nearest first; those of the sentence itself are not among them."""
    path: tuple[str, ...] = ()
    subject: str = ""
    carried: bool = False
    """True while a run of target sentences goes on in running text."""
    money_topic: str = ""
    """The revenue, export ... that the title of a news page speaks of: a bare amount that is assigned is of it."""
    dated_heading: bool = False
    """The nearest heading that says anything gives a year that is not past."""

    @property
    def yearly(self) -> bool:
        """In a plan for one year all that is to be done is due in that year."""
        return self.kind == "plan" and bool(self.scopes) and self.scopes[0].single


def find_cues(words: Sequence[str]) -> list[Hit]:
    """Cue phrases of lexicon/cues.csv, left to right."""
    return phrase_table("cues").find(words)


def same_bracket(words: Sequence[str], cue: int, number: int) -> bool:
    """False when the cue stands inside brackets that are closed before the number."""
    if ")" not in words[cue:number]:
        return True
    depth = 0
    for i in range(cue, number):
        if words[i] == "(":
            depth += 1
        elif words[i] == ")":
            depth -= 1
            if depth < 0:
                return False
    return True


def decide(
    words: Sequence[str],
    quantity: Quantity,
    clause: Clause,
    cues: Sequence[Hit],
    times: Sequence[Time],
    year: YearScope | None,
    around: Surroundings,
) -> str | None:
    """None when the quantity is a target, else the reason why not."""
    document_year = around.document_year
    if year and document_year:
        if year.year < document_year:
            return "past year"
        if year.year > document_year + 60:
            return "no year of a plan"
    before = [
        cue
        for cue in _without_adnominal(words, cues)
        if cue.end <= quantity.start
        and cue.entry.fields["cue"] != "neutral"
        and not (quantity.risen_from is not None and cue.start >= quantity.risen_from)
        and same_bracket(words, cue.start, quantity.core)
    ]
    behind = [
        cue
        for cue in cues
        if quantity.end <= cue.start < clause.end
        and cue.entry.fields["cue"] in ("achievement", "commitment", "project_money")
    ]
    if any(cue.entry.fields["cue"] == "baseline" for cue in before[-1:]) and before[-1].start >= clause.start:
        return "baseline"
    decisive = _decisive(words, before, times, quantity, around)
    if any(
        cue.entry.fields["cue"] == "achievement" and cue.entry.phrase not in _WEAK_BEHIND for cue in behind
    ) and not (year and year.source == "phrase" and document_year and year.year > document_year):
        return "achieved or current level"
    if reason := _money(words, quantity, clause, cues, around):
        return reason
    if _closed_plan(words, quantity, clause) and not (decisive == "commitment" and _exceeds(words, quantity)):
        return "fulfilment of a plan"
    if decisive == "norm" or any(cue.entry.fields["cue"] == "norm" for cue in before if cue.start >= clause.start):
        return "norm of support or of a levy"
    if decisive == "achievement":
        return "achieved or current level"
    if decisive == "forecast":
        return "forecast of demand"
    if decisive in ("fine", "price"):
        return "fine or price"
    own = year is not None and year.source in ("phrase", "sentence", "bullet")
    future = year is not None and _future(year, around)
    committed = decisive in ("commitment", "time")
    if quantity.value_basis == "implied" and not (
        around.mode == "objective" or around.dated_heading or (own and future)
    ):
        return "no commitment"
    undated = around.mode == "task" and not (own and future and _opens_subject(words, quantity))
    if quantity.value_basis == "implied" and (undated or around.mode in ("organisation", "achievement")):
        return "task without a number"
    if around.mode == "objective" or (around.mode == "none" and around.dated_heading and year is not None):
        return None
    if around.mode == "achievement":
        return None if committed and own and future else "section on results"
    if around.mode == "organisation":
        return None if committed and own and decisive == "commitment" else "section on organisation or money"
    if around.mode == "task":
        if committed and year is not None and (year.source != "title" or _strong(before)):
            return None
        if own and (future or around.kind == "plan"):
            return None
        handed_down = year is not None and year.source in ("heading", "title") and around.kind == "plan"
        if handed_down and quantity.dimension in _OUTCOMES:
            return None
        if handed_down and says_annual(words, clause):
            return None
        if handed_down and around.yearly and _to_be_done(words, quantity, clause):
            return None
        return "task without a year of its own"
    if committed and (year is not None or around.kind == "plan"):
        borrowed = year is not None and year.source == "title" and around.kind != "plan" and not around.carried
        if not borrowed or not before or before[-1].entry.phrase in _ASSIGNED:
            return None
    if own and future:
        return None
    if around.carried and (_plain_target(words, quantity, clause) or list(words[:2]) in _DETAILING):
        return None
    if (
        decisive == "plan"
        and own
        and (future or document_year is None or any(cue.entry.phrase in _BUDGETS for cue in before))
    ):
        return None
    return "no commitment"


def _strong(before: Sequence[Hit]) -> bool:
    return bool(before) and before[-1].entry.phrase in _BINDING


_BINDING = word_set("binding_cues")
_OVERRULES_PAST = word_set("past_overruling_cues")
_OVERRULES_FORECAST = word_set("forecast_overruling_cues")
_WEAK_BEHIND = word_set("weak_trailing_cues")


def _exceeds(words: Sequence[str], quantity: Quantity) -> bool:
    """vượt 5% so với dự toán is something to reach; đạt 90% dự toán tells how much was reached."""
    return bool({"vượt", "tăng"} & set((*words[max(0, quantity.start - 3) : quantity.start], words[quantity.start])))


def _future(year: YearScope, around: Surroundings) -> bool:
    """Due after the year of issue, or by the end of it; without a date of issue any year that is not "in" a year."""
    issued = around.issue_year
    if issued is None:
        return year.role != "in"
    return year.year > issued or (year.year == issued and year.role == "by")


_DETAILING = (["cụ", "thể"], ["trong", "đó"], ["theo", "đó"])
_REACHES = word_set("reaching_verbs")
_BOUNDS = ("ge", "gt", "le", "lt", "between")
_ASSIGNED = word_set("assigning_cues")
_BUDGETS = word_set("budget_cues")
_OUTCOMES = frozenset(("percent", "rank", "percentage_point", "per_mille", "index"))
_ADNOMINAL = word_set("adnominal_cues")


def _without_adnominal(words: Sequence[str], cues: Sequence[Hit]) -> list[Hit]:
    """Cues without "đã", "đang" inside what a verb of commitment governs: nâng tỷ lệ ... đã có ... lên 75%."""
    kept: list[Hit] = []
    for cue in cues:
        if cue.entry.phrase in _ADNOMINAL and kept and kept[-1].entry.fields["cue"] in ("plan", "commitment"):
            between = words[kept[-1].end : cue.start]
            if len(between) >= 2 and not any(word in (",", ";", ":", ".", "(") for word in between):
                continue
        kept.append(cue)
    return kept


def _plain_target(words: Sequence[str], quantity: Quantity, clause: Clause) -> bool:
    """The wording of a list of targets: a share first, or a named measure that reaches a number."""
    if quantity.dimension in ("day", "hour", "metre", "vnd") and not phrase_table("money_targets").find(
        words[clause.start : clause.end]
    ):
        return False
    front = _without_connectors(words[clause.start : quantity.start])
    opens = phrase_table("subject_openers")
    reaches = not _REACHES.isdisjoint(front) or quantity.comparator in _BOUNDS
    if quantity.dimension == "percent" and (reaches or len(front) <= 2):
        return True
    return reaches and ("phủ" in front or any(opens.at(front, i) is not None for i in range(min(3, len(front)))))


def _opens_subject(words: Sequence[str], quantity: Quantity) -> bool:
    """tất cả các xã đều có ... is a subject; phổ biến đến tất cả các xã is not."""
    return words[quantity.start - 1 : quantity.start] in ([","], [":"], [";"], ["."], []) or (
        words[quantity.start - 1][0].isdigit()
    )


def _to_be_done(words: Sequence[str], quantity: Quantity, clause: Clause) -> bool:
    """The clause opens with a verb of doing or a named measure: Trồng rừng 5.800 ha; sản lượng 9.200 tấn."""
    front = _without_connectors(words[clause.start : quantity.start])
    verbs, openers = phrase_table("task_verbs"), phrase_table("subject_openers")
    return any(verbs.at(front, i) or openers.at(front, i) for i in range(min(3, len(front))))


def _without_connectors(front: Sequence[str]) -> Sequence[str]:
    """Words before the number without bên cạnh đó, theo đó, đồng thời ..."""
    hit = phrase_table("connectors").at(front, 0) if front else None
    if hit:
        front = front[hit.end :]
        return front[1:] if front[:1] == [","] else front
    return front


def _decisive(
    words: Sequence[str], before: Sequence[Hit], times: Sequence[Time], quantity: Quantity, around: Surroundings
) -> str:
    """The kind of the last cue or year in front of the quantity; "" when there is none."""
    document_year = around.document_year
    found: list[tuple[int, str]] = [(cue.start, cue.entry.fields["cue"]) for cue in before]
    for time in times:
        if quantity.risen_from is not None and quantity.risen_from <= time.start < quantity.start:
            continue
        if time.stamp and time.end <= quantity.start and time.month and around.issued:
            if (time.year, time.month) <= around.issued:
                found.append((time.start, "achievement"))
            continue
        if time.end <= quantity.start and time.of_target:
            if not same_bracket(words, time.start, quantity.core):
                continue
            if document_year is None:
                if time.role == "by":
                    found.append((time.start, "time"))
            elif time.year > document_year or (time.year == document_year and time.role == "by"):
                found.append((time.start, "time"))
            elif time.year < document_year:
                found.append((time.start, "achievement"))
    found = [(at, kind) for at, kind in found if kind not in ("project_money", "project_size")]
    if not found:
        return ""
    found.sort()
    last = found[-1][1]
    sticky = [at for at, kind in found if kind in ("past", "forecast")]
    overruling = _OVERRULES_PAST
    if sticky and (dict(found)[sticky[-1]] == "forecast" or words[sticky[-1]] == "ước"):
        overruling = _OVERRULES_FORECAST
    if sticky and not any(cue.start > sticky[-1] and cue.entry.phrase in overruling for cue in before):
        kind = dict(found)[sticky[-1]]
        if kind == "forecast" or last != "time":
            return "achievement" if kind == "past" else kind
    if last in ("past", "forecast"):
        last = "commitment"
    if last == "plan" and len(found) > 1:
        for at, kind in reversed(found[:-1]):
            if kind in ("achievement", "commitment", "time"):
                if kind == "achievement" and any(word == ";" for word in words[at : quantity.start]):
                    continue
                return kind
    return last


def _money(
    words: Sequence[str], quantity: Quantity, clause: Clause, cues: Sequence[Hit], around: Surroundings
) -> str | None:
    """Money given to a project or a programme is no target; income, revenue, export and capital raised are."""
    if quantity.dimension in _PROJECT_DIMENSIONS and (
        words[:2] == ["dự", "án"] or around.subject.startswith("dự án") or "dự án" in clause.label[:12]
    ):
        return "size or cost of a project"
    if quantity.dimension not in ("vnd", "usd") or (quantity.per or "").startswith("person"):
        return None
    phrase = words[: clause.end]
    if phrase_table("money_targets").find(phrase) or phrase_table("money_targets").find(clause.label.split()):
        return None
    assigned = any(cue.entry.phrase in _ASSIGNED for cue in cues if cue.end <= quantity.start)
    if around.money_topic and (assigned or quantity.risen_from is not None):
        return None
    return "money of a project or programme"


_PROJECT_DIMENSIONS = frozenset(("vnd", "usd", "hectare", "square_metre", "cubic_metre", "metre", "watt", "count"))


_FULFILS = word_set("fulfilment_verbs")
_PLANS = word_set("plans_fulfilled")


def _closed_plan(words: Sequence[str], quantity: Quantity, clause: Clause) -> bool:
    """... % kế hoạch, ... % dự toán, ... % so với kế hoạch: how much of a plan was fulfilled."""
    if quantity.dimension != "percent":
        return False
    if quantity.value_basis == "implied":
        return False
    near = words[max(0, quantity.start - 3) : quantity.start]
    if _FULFILS.isdisjoint((*near, words[quantity.start])):
        return False
    behind = list(words[quantity.end : quantity.end + 5])
    if behind[:1] == ["so"]:
        behind = behind[2 if behind[1:2] == ["với"] else 1 :]
    if " ".join(behind[:2]) in _PLANS:
        following = words[quantity.end : clause.end]
        return not ("vốn" in following or "giải" in words[clause.start : quantity.start])
    return False
