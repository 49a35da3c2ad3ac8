/* Sentence boundaries of Unicode 17 (UAX #29, rules SB1 to SB998, untailored). */
#pragma once

#include "base/span.h"

/* Cuts the next sentence, with the space that follows it, off *text; false if that is empty. What is cut adds
 * up to the text. A byte that is not UTF-8 is a character of no class. */
bool sentence_cut(struct span *text, struct span *ret);
/* Cuts what stands before the next line end off *text, and the line end, which belongs to neither. */
bool paragraph_cut(struct span *text, struct span *ret);
/* Without white space at both ends. */
struct span sentence_trim(struct span s);
