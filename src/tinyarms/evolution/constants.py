"""Constants of all searches, each with its unit and the effect of a change.

They were chosen on simulated and real tasks with models of 135M to 360M parameters. Users cannot
change them; their settings are in `core/settings.py`. Two tables are beside the code that reads
them: the operators' starting weights (`operators/catalog.py`) and the shares of a budget
(`scoring/call_allocation.py`).
"""

from __future__ import annotations

# Examples

POOL_SHARE = 0.3
"""Share of the `search` examples kept as demonstrations. Higher: more sets of demonstrations to
choose from, fewer examples to score candidates on."""
MAX_POOL_EXAMPLES = 60
"""Most examples kept as demonstrations, however many there are."""

# Scores

MIN_CALIBRATION_EXAMPLES = 8
"""Fewest examples that label calibration is fitted on. Lower: earlier, noisier biases."""
SLOPE_PRIOR_SD = 1.0
"""Standard deviation of the prior of the log slope (dimensionless). Lower: the model's confidence
is trusted more."""
SLOPE_BESIDE_MEMORY_SD = 1.0
"""Standard deviation of the prior of the slope where examples suggest labels too (dimensionless).
Lower: the model has to show on more replies that it adds something to them."""
LEAST_SLOPE = 0.01
"""Least slope beside suggestions (dimensionless). At it the model hardly counts. Higher: a model at
chance counts more."""
SHIFT_PRIOR_SD = 0.15
"""Standard deviation of the prior of a label's shift, in nats. Lower: the label shares of the
examples count more than the single answers."""
FREE_SHIFT_PRIOR_SD = 2.0
"""The same for the fit without label shares, in nats."""
PRIOR_WEIGHT_MEAN = 1.0
"""Mean of the prior of the weight of what the examples suggest. 1: as if the examples and the model
were wrong independently of each other. Lower: the model counts more."""
PRIOR_WEIGHT_SD = 0.25
"""Its standard deviation. Higher: few answers of the model change the weight more."""
READING_FOLDS = 10
"""Parts of the replies in a cross-validation of how they are read. Higher: each fit has more of
them, and there are more fits."""
MIN_VERBALIZER_EXAMPLES = 40
"""Fewest replies on which the weights of words are fitted. Lower: earlier, noisier weights."""
MIN_VERBALIZER_WORDS = 12
"""Fewest words that a verbalizer has. Lower: servers that list few words get one too."""
READ_CANDIDATES = 2
"""Candidates that run on all `search` examples, so that their words are weighed. Higher: a better
choice among them, fewer calls for the search."""
READ_FIELD = 6
"""Candidates that run on the fewest examples on which words can be weighed. Higher: more kinds of
prompts are tried, fewer calls for the search."""
READING_SHARE = 0.4
"""Largest share of the calls that these runs are reserved, in [0, 1]. Higher: surer weights, a
shorter search."""
MAX_VERBALIZER_WORDS = 320
"""Most words that a verbalizer has. Higher: longer prompt files."""
VERBALIZER_WORD_SHARE = 0.5
"""Least share of the replies that list a word of a verbalizer, in [0, 1]. Lower: rarer words."""
VERBALIZER_PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Ridge penalties that are tried, where the words' log-probabilities have variance 1 in sum.
Higher: smaller weights."""
MAX_FREE_FIT_LABELS = 4
"""Most labels for which the fit without label shares grades candidates. With more labels it ranks
them badly on few examples."""
SHRINKAGE_EXAMPLES = 10
"""Weight, in examples, of the average fitness in each candidate's fitness. Higher: luck on few
examples counts less, and so does a real lead."""

# Comparisons

RACE_ALPHA = 0.2
"""Probability that a race between equal candidates is decided for a given one of them. A wrong
decision only costs a candidate, a late one costs calls. Higher: shorter races, more mistakes."""
BANDIT_PRIOR_TRIES = 4.0
"""Weight, in proposals, of an operator's starting weight. Higher: the bandit learns more slowly."""
MIN_ANSWERED_SHARE = 0.9
"""Smallest share, in (0, 1], of the incumbent's `selection` examples that a finalist must also have
answered. Higher: an unreliable server drops more finalists."""
MAX_SELECTION_EXAMPLES = 100
"""Most `selection` examples on which finalists are chosen. Higher: a surer choice, more calls."""
FINALIST_MAX_P = 0.35
"""Largest one-sided sign-test p at which a candidate becomes a finalist. Higher: weaker finalists,
for the offline gate to reject."""
TRIES_PER_CANDIDATE = 3
"""Operators tried for each candidate wanted before the search goes on without it. Higher: fuller
populations, more writer calls."""

# Budget

LARGE_BUDGET_CALLS = 400
"""Task calls from which a search tries many candidates on few examples instead of few on many."""

LEAST_SELECTION_EXAMPLES = 4
"""Fewest `selection` examples for each finalist in a budget that is worth its calls. Lower: agents
may spend less on searches that seldom find anything."""

# PromptBreeder

BLOCK_EXAMPLES = 8
"""Examples per step of a tournament. Higher: fewer decisions, each at a higher cost."""
MAX_TOURNAMENT_EXAMPLES = 24
"""Most examples of one tournament. Higher: more close pairs are decided, at a higher cost."""
TOURNAMENT_PATIENCE = 20
"""Tournaments in a row without a new prompt after which breeding stops early."""
PLATEAU_TOURNAMENTS = 12
"""Tournaments in a row without a new leader after which the population starts afresh. Lower: more
variety, less time to improve what was found."""
MIN_FIRST_GENERATION = 4
"""Fewest candidates in the first generation, however small the budget."""
MAX_RACE_FIELD = 16
"""Candidates in the race that follows breeding. Higher: fewer calls for each of them."""

# OPRO and EvoPrompt

MIN_PANEL_EXAMPLES = 10
"""Fewest examples that each candidate is scored on. Lower: more candidates, less precise scores."""
MAX_PANEL_EXAMPLES = 50
"""Most examples that each candidate is scored on."""
PANEL_CANDIDATES = 30
"""Candidates that the budget should cover; the panel is as large as that allows. Higher: more
candidates, each scored on fewer examples."""
PANEL_PATIENCE = 3
"""Generations in a row without a new prompt after which the search stops early."""
EVOPROMPT_POPULATION = 10
"""Candidates that survive from one generation to the next (the paper's number)."""
OPRO_POPULATION = 5
"""Candidates in OPRO's first population."""
OPRO_LISTED = 8
"""Scored instructions shown to the writer. Higher: a longer text to continue (the paper: 20)."""
OPRO_NEW = 8
"""New instructions in each step (the paper's number)."""

# Random search

FIRST_ROUND_EXAMPLES = 10
"""Examples in the first round of the race; the number doubles each round."""
CALLS_PER_ENTRANT = 25
"""Task calls that the race takes for each candidate that starts in it, roughly. Lower: more
candidates enter, and fewer examples decide."""
MIN_ENTRANTS = 3
"""Fewest candidates to enter, however small the budget."""
RACE_SURVIVORS = 4
"""Candidates that halving always keeps, so that the last rounds have a choice."""

# The original design

FINAL_EXAMPLES = 100
"""Examples that the final population is scored on (the design's number)."""
ORIGINAL_FAILURES = 20
"""Most failures listed in a request (the design's number)."""
ORIGINAL_FAILURE_CHARACTERS = 160
"""Characters of a failure's inputs in a request; the rest is cut off."""
ORIGINAL_TEMPERATURE = 0.8
"""Sampling temperature of the writer. Higher: more varied text."""
ORIGINAL_MAX_TOKENS = 256
"""Most tokens of the writer's answer."""

# Headroom probe

PROBE_DIVISOR = 20
"""Divisor: the probe may use 1/this of the search's task calls. Lower: surer, more expensive."""
MIN_PROBE_CALLS = 20
"""Fewest task calls that a probe is worth making with."""
MIN_ALWAYS_RIGHT = 12
"""Examples, or all if there are fewer, on which an always right prompt ends the search. Higher:
prompts that are seldom wrong are searched more often, mostly in vain."""
PROBE_ALPHA = 0.1
"""Largest p, times the number of comparisons, at which a simple change counts as a gain."""
PROBE_MIN_GAIN = 0.05
"""Smallest gain in accuracy, in [0, 1], that makes a search worth it."""
PROBE_MAX_ERROR = 0.25
"""Highest probability of wrongly calling a search hopeless."""
PROBE_CHANCE_SEPARATION = 0.51
"""Share of concordant pairs below which label probabilities are no better than chance (0.5)."""

# The writer's completions

WRITER_TEMPERATURE = 0.9
"""Sampling temperature. Higher: more varied text, more of it unusable."""
WRITER_MAX_TOKENS = 64
"""Most tokens of a completion: an instruction of about 50 words."""
EXAMPLE_CHARACTERS = 160
"""Characters of an example's inputs shown to the writer; the rest is cut off."""
MAX_MUTATION_PROMPT_WORDS = 10
"""Longest mutation prompt, in words, that the writer may make; longer ones are rejected."""
MAX_LISTED = 4
"""Most instructions in a list that the writer continues."""
MAX_LISTED_CHARACTERS = 600
"""Longest instruction, in characters, in such a list."""
LISTED_SIMILAR_AT = 95.0
"""Similarity (rapidfuzz ratio, 0 to 100) from which a list has only one of two instructions."""
OPRO_TOP_SCORE = 100
"""Score that the writer is asked for, on the scale of the listed scores."""

# Reflection

REFLECTION_TEMPERATURE = 0.8
"""Sampling temperature. Higher: more varied proposals, more of them beside the point."""
REFLECTION_MAX_TOKENS = 1024
"""Most tokens of a reply with all its proposals. Lower: the last proposals are cut off."""
REFLECTION_PROPOSALS = 3
"""Proposals asked for in one reply. Higher: fewer writer calls, proposals that are more alike."""
REFLECTION_FAILURES = 8
"""Most failed examples shown. Higher: what they have in common is easier to see, at more cost."""
REFLECTION_SUCCESSES = 4
"""Most examples shown that are right already, so that a proposal keeps them right."""
REFLECTION_CHARACTERS = 400
"""Characters of an example's inputs, and of each answer, that are shown; the rest is cut off."""
REFLECTION_SIMILAR_AT = 99.0
"""`SIMILAR_AT` for proposals that quote their reason, unless the settings say more. Lower: a rule
added to a long instruction is taken for no change."""
MERGE_ROWS = 4
"""Most examples shown that only one of two merged prompts gets right, for each of the two."""
LEARNING_CHECK_FAILURES = 5
"""Failures of a parent that its new children are compared on. Higher: a surer choice, more
calls."""
LEARNING_CHECK_SUCCESSES = 3
"""Successes of a parent that its new children are compared on, which must not get lost."""
LEARNING_PATIENCE = 5
"""Replies in a row without a better child after which learning from failures ends."""
MIN_QUOTE_CHARACTERS = 8
"""Fewest characters of a quote that stands for a row, unless it is the whole row. Lower: a word
that is in every row passes as a reason."""

# Demonstrations

FEW_DEMONSTRATIONS = 4
"""Most demonstrations that help a tiny model, unless there are more labels to show."""
MAX_DEMONSTRATIONS = 16
"""Most demonstrations, however many labels there are. Each makes every call longer."""
MAX_DEMONSTRATION_CHARACTERS = 1000
"""Longest demonstration, in characters of inputs and output. Higher: slower calls for little
gain."""
EASIEST_WEIGHT = 0.1
"""Weight of the easiest example in the draw; the hardest has 1.1. Higher: less preference for hard
examples."""
DIVERSITY_SHORTLIST = 6
"""Examples compared to find the one least similar to those chosen. Higher: more diverse sets, less
chance for any single example."""

# Memory

RETRIEVED_OF_LABELS = (4, 2, 6, 8)
"""Numbers of retrieved demonstrations that are tried where outputs are labels, the usual one first.
Higher: more tokens in every call, and none of them from the server's cache."""
RETRIEVED_OF_TEXTS = (3, 1, 5)
"""The same where outputs are texts, whose demonstrations are longer."""
KEEP_DEMONSTRATIONS_CHANCE = 0.3
"""Probability that retrieved demonstrations follow those of the parent and do not replace them."""
NEAREST_FIRST_CHANCE = 0.2
"""Probability that the most similar example is shown first and not last."""

# Words of the inputs

COPYING_EXAMPLES = 200
"""Most examples on which it is counted which inputs answers take their words from. Higher: a surer
count, a slower start."""
COPIED_SHARE = 0.3
"""Least share of the words of right outputs that inputs must have, in [0, 1]. Higher: fewer
searches try to hold answers to words of the inputs."""
FURTHER_INPUTS_SHARE = 0.05
"""How much larger the share must be with all inputs than with the best one, in [0, 1]. Lower: words
of more inputs, most of them wrong."""

# Sentences

MAX_INHERITED_SENTENCES = 6
"""Most sentences of other skills offered to one parent, best first."""
REPLACE_CHANCE = 0.5
"""Probability that a sentence replaces the instruction rather than joining it."""
REMOVE_WORDING_CHANCE = 0.3
"""Probability that an instruction which states the contract loses that sentence."""
ADVICE_CHANCE = 0.5
"""Probability that a sentence of advice follows the description."""

# Guards

SIMILAR_AT = 90.0
"""Reject a candidate at least this similar (rapidfuzz ratio, 0 to 100) to an existing one."""
MAX_LENGTH_FACTOR = 3
"""Longest text, in lengths of the incumbent's text, unless `MAX_TEXT_CHARACTERS` allows more."""
MAX_TEXT_CHARACTERS = 1200
"""Length of a text, in characters, that is always allowed."""
MAX_SHOWN_CHARACTERS = 4000
"""Length of all demonstrations together, in characters, that is always allowed."""
COPIED_WORDS = 8
"""Words in a row that count as copied from an example."""
MIN_COPIED_WORDS = 5
"""Fewest words of an input that count as copied if the whole input is there."""
RUN_WORDS = 3
"""Length, in words, of the runs that are counted to detect a looping writer."""
MAX_RUN_REPEATS = 5
"""Most occurrences of one run."""
STUTTER_REPEATS = 3
"""Immediate repetitions of the same words from which a text is rejected."""
MAX_STUTTER_WORDS = 12
"""Longest repeated passage, in words, that is searched for."""
MIN_DISTINCT_RUNS = 0.5
"""Smallest accepted share of distinct runs among all runs."""
