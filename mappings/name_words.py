"""The words around a name that are not the name: titles, suffixes, particles.

Words are kept as `word_key` writes them: lower case, without dots, quotes, apostrophes and hyphens.
"Don", "Dean", "Major", "Ma" and the like are missing on purpose: they are people's names.
"""

from __future__ import annotations

_QUIET = str.maketrans("", "", ".'\"`´’‘‛“”„‟׳״-‐‑")


def word_key(word: str) -> str:
    return word.translate(_QUIET).casefold()


def _words(text: str) -> frozenset[str]:
    return frozenset(word_key(word) for word in text.split())


TITLES = _words(
    """
    Mr Mrs Ms Miss Mx Mister Missus Madam Sir Dame Lord Lady Dr Doctor Prof Professor Rev Reverend Rabbi Sheikh
    Capt Captain Lt Col Sgt Cmdr Ing Dipl Dipl.-Ing Dipl.-Kfm Dipl.-Kffr Dipl.-Psych Dkfm Eng Engr h.c.
    Herr Frau Hr Fr Frl Fräulein Priv.-Doz Univ.-Prof habil
    Mme Mlle Mmes Monsieur Madame Mademoiselle Docteur Professeur
    Sr Sra Srta Srs Sres Señor Señora Señorita Dra Profa Prof.ª Doutor Doutora Senhor Senhora Lic Licda
    Sig Sig.ra Sig.na Signor Signora Signorina Dott Dott.ssa Dottore Dottoressa Prof.ssa Avv Geom
    Dhr Mevr Mw Mej Drs Ir Fru Fröken
    г-н г-жа д-р проф господин госпожа mgr inż
    ד"ר דר' דוקטור פרופ' פרופ פרופסור גב' גב גברת הגב' הגברת מר אדון האדון עו"ד רו"ח רב הרב הרבנית אינג' מהנדס העו"ד
    السيد السيدة الآنسة الدكتور الدكتورة دكتور دكتورة أستاذ أستاذة الأستاذ المهندس
    """
)
DOTTED_TITLES = _words(
    "M. Gen. Maj. Hon. Mag. Arch. Rag. د. أ."
)  # without the dot these are names and initials: M Night
TITLE_JOINERS = _words("and & und et y e og en ו")

SUFFIXES = _words(
    """
    Jr Jnr Junior Júnior Sr Snr II III IV VII VIII Esq Esquire Filho Neto Sobrinho
    PhD DPhil MD DDS DMD DVM DSc EdD JD LLB LLM LLD MBA MPH MSc BSc CPA CFA PMP RN OBE MBE CBE
    """
)
DOTTED_SUFFIXES = _words("M.A. B.A. D.O. B.S. M.S. M.Ed. P.E.")  # without dots these are names: Jack Ma

PARTICLES = _words(
    """
    van von vom vor den der des ten ter te tot zu zum zur af av op
    de del della delle dello dei degli di da dal dalla do dos das du la las le les lo los
    bin ibn bint ben abu al el st mac mc ap ní nic
    بن ابن بنت أبو آل
    """
)
SURNAME_JOINERS = frozenset({"y"})  # Ortega y Gasset
