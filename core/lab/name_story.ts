/** A look-up told from a place, whatever programs its image has. */
import type { Machine } from "../linux/mod.ts";
import { type NameStory, nameStory } from "../tools/mod.ts";

/** Looks a name up as programs on a machine do: A and AAAA along the search list. */
export async function lookUpStory(machine: Machine, name: string): Promise<NameStory> {
  const stories: NameStory[] = [];
  const asking = machine.startProgram(async (process) => {
    stories.push(await nameStory(process, name, ["A", "AAAA"]));
    return 0;
  }, ["dns"]);
  await machine.runner.run(asking.finished);
  const [story] = stories;
  if (story === undefined) throw new Error(`${name}: the look-up ended without a story`);
  return story;
}
