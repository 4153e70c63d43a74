/** A value of an expression. */
export type Value = string | number | boolean | null | readonly Value[];

/** What an expression is known to give before it runs. */
export type Kind = "string" | "number" | "bool" | "list" | "any";
