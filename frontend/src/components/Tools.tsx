// The tools: which component each is, and which parts of the page stay in view with it.

import type { ComponentType } from "preact";
import type { Store } from "../state/store";
import { TOOL_NAMES, type Tool } from "../state/tools";
import { Settings } from "./Settings";
import { ClassDesk } from "./tools/ClassDesk";
import { Microscope } from "./tools/Microscope";
import { TakeHome } from "./tools/TakeHome";

interface ToolEntry {
  component: ComponentType<{ store: Store; tools: Tool[] }>;
  /** Stays in the right column: the network above the tool, the cost below it. */
  keeps?: "network" | "cost";
  /** Opened from elsewhere, and not by a button of the mast. */
  unlisted?: true;
}

/** A new tool is one component in tools/ and one row here. */
export const TOOLS: Partial<Record<Tool, ToolEntry>> = {
  microscope: { component: Microscope, keeps: "network" },
  class: { component: ClassDesk },
  take: { component: TakeHome },
  settings: { component: Settings, keeps: "cost", unlisted: true },
};

/** The tools that the mast lists, in order. */
export function listedTools({ hidden }: Store): Tool[] {
  return TOOL_NAMES.filter((one) => TOOLS[one] && !TOOLS[one].unlisted && !hidden.includes(one));
}

/** The open tool. */
export function Tools({ store }: { store: Store }) {
  const entry = store.tool.value && TOOLS[store.tool.value];
  return entry ? <entry.component store={store} tools={listedTools(store)} /> : null;
}
