import { alignTabs, DESCRIBE_TABS } from "../print/tabs.ts";

/** A description in the making: lines with tabs, indented by levels of two blanks, aligned in one go between flushes. */
export class Writer {
  #done = "";
  #open = "";

  /** `plain`: tabs stay tabs. */
  constructor(readonly plain = false) {}

  /** A line at a level. */
  line(text: string, level = 0): void {
    this.#open += `${"  ".repeat(level)}${text}\n`;
  }

  /** Several lines at level 0, as they are. */
  lines(...texts: readonly string[]): void {
    for (const text of texts) this.line(text);
  }

  /** What follows is aligned by itself. */
  flush(): void {
    this.#done += this.plain ? this.#open : align(this.#open);
    this.#open = "";
  }

  /** Everything written, aligned. */
  text(): string {
    this.flush();
    return this.#done;
  }
}

function align(text: string): string {
  return text === "" ? "" : alignTabs(text, DESCRIBE_TABS);
}
