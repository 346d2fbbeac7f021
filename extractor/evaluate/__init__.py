"""How good extracted values are: predictions beside gold, field by field.

Reading order: `comparators` (how alike two values are), `rules` (which field is compared how), `nearness` and `pairing`
(which items of lists belong together), `marks` (two records side by side), `tally` (counts, measures, intervals),
`calibration` (probabilities), `answers` (what files say), `scores` (what is measured), `scoring` (all of it together),
`page` (the worst documents as HTML), `reviewing` (predictions as a file to correct by hand).
"""

from __future__ import annotations

from extractor.evaluate.answers import Answers, Reading, paired, read_answers
from extractor.evaluate.scores import Scores
from extractor.evaluate.scoring import compare, score
from extractor.evaluate.tally import Difference, Measure

__all__ = ["Answers", "Difference", "Measure", "Reading", "Scores", "compare", "paired", "read_answers", "score"]
