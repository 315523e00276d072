import { gramQuery, hasTrigram, wordsOf, type SearchTerm, type SearchTerms } from "./search-terms.ts";

/** A term with what PostgreSQL makes of it. */
export interface AnalysedTerm extends SearchTerm {
  /** As the index has it. */
  readonly folded: string;
  /** English stems and words as they stand, either; '' where the term has no letters or digits. */
  readonly query: string;
  /** It has words, but English ones that are in every text. */
  readonly isStopWord: boolean;
}

/** How a term is looked for. All that are given must hold, except `orContains`, which alone is enough. */
export interface TermCondition {
  readonly isNegated: boolean;
  /** Text search queries. */
  readonly queries: readonly string[];
  /** A folded text that must stand somewhere, also within a word. */
  readonly contains?: string;
  readonly orContains?: string;
}

export interface SearchPlan {
  /** Any of these, each of them all of its terms. */
  readonly alternatives: readonly (readonly TermCondition[])[];
  /** No term can be looked up in an index. */
  readonly isUnindexed: boolean;
  /** What the rank is made of, as a text search query; '' for none. */
  readonly rankBy: string;
  /** What is marked in the hits: words in any of their forms, beginnings of words, and parts wherever they stand. */
  readonly marks: {
    readonly words: readonly string[];
    readonly beginnings: readonly string[];
    readonly parts: readonly string[];
  };
}

/** Decides how each term is looked for, so that an index answers it wherever one can. */
export function planSearch(terms: SearchTerms, analyse: (term: SearchTerm) => AnalysedTerm): SearchPlan {
  const alternatives = terms.map((alternative) => withoutStopWords(alternative.map(analyse)));
  const wanted = alternatives.flat().filter((term) => !term.isNegated);
  const words = wanted.filter((term) => !gramQuery(term.folded));
  return {
    alternatives: alternatives.map((alternative) => alternative.map(conditionOf)),
    isUnindexed: alternatives.some((alternative) => !alternative.some((term) => !term.isNegated && isIndexed(term))),
    rankBy: [...new Set(wanted.flatMap((term) => queryOf(term) ?? []))].map((query) => `(${query})`).join(" | "),
    marks: {
      words: [...new Set(words.flatMap((term) => wordsOf(term.folded)))],
      beginnings: words.filter(isShort).map((term) => term.folded),
      parts: [
        ...new Set(
          wanted.filter((term) => !isShort(term) && !term.isStopWord && term.folded !== "").map((term) => term.folded),
        ),
      ],
    },
  };
}

/** Words like "the" are asked for only where nothing else is. */
function withoutStopWords(terms: readonly AnalysedTerm[]): readonly AnalysedTerm[] {
  const rest = terms.filter((term) => !term.isStopWord || term.isNegated);
  return rest.some((term) => !term.isNegated) ? rest : terms;
}

/** One or two letters: whole words, and for two also words that begin with them; all that contain them would be half of the messages. */
function isShort(term: AnalysedTerm): boolean {
  return /^[\p{L}\p{N}]{1,2}$/u.test(term.folded) && !gramQuery(term.folded) && !term.isStopWord;
}

function isIndexed(term: AnalysedTerm): boolean {
  return queryOf(term) !== undefined || hasTrigram(term.folded);
}

function queryOf(term: AnalysedTerm): string | undefined {
  const grams = gramQuery(term.folded);
  if (grams) return grams;
  if (term.query === "") return undefined;
  return isShort(term) && [...term.folded].length === 2 ? `${term.query} | '${term.folded}':*` : term.query;
}

function conditionOf(term: AnalysedTerm): TermCondition {
  const { folded, isNegated } = term;
  const query = queryOf(term);
  const queries = query ? [query] : [];
  // Scripts without spaces, and what has no words: the text itself must stand there, and the grams only lead to it.
  if (gramQuery(folded) || !query) return { isNegated, queries, contains: folded };
  if (isNegated || term.isStopWord || isShort(term)) return { isNegated, queries };
  // "c++": its one word is too little, but no trigram leads to the rest.
  return hasTrigram(folded) ? { isNegated, queries, orContains: folded } : { isNegated, queries, contains: folded };
}
