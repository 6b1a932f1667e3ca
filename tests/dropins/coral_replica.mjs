// Coral's side of an external moderation phase, after coralproject/talk,
// server/src/core/server: models/settings/signingSecret/helpers.ts (signatures),
// services/fetch/fetch.ts (request), services/comments/pipeline/phases/external.ts (answer).
// Reads {url, secrets, timeout, request} from stdin and writes what becomes of the comment.

import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";

const REASONS = ["COMMENT_DETECTED_TOXIC", "COMMENT_DETECTED_SPAM"];
const STATUSES = ["APPROVED", "NONE", "PREMOD", "REJECTED", "SYSTEM_WITHHELD"];
const TAGS = ["FEATURED", "STAFF"];

const phase = JSON.parse(readFileSync(0, "utf8"));

async function ask() {
  const body = JSON.stringify(phase.request, null, 2);
  const signatures = phase.secrets.map(
    (secret) => "sha256=" + createHmac("sha256", secret).update(body).digest("hex"),
  );
  return await fetch(phase.url, {
    method: "POST",
    redirect: "manual",
    signal: AbortSignal.timeout(phase.timeout),
    headers: {
      "User-Agent": "Coral Moderation/9.0.0",
      "Content-Type": "application/json",
      "X-Coral-Signature": signatures.join(","),
    },
    body,
  });
}

function check(answer) {
  if ("status" in answer && !STATUSES.includes(answer.status)) throw new Error("status");
  for (const action of answer.actions ?? []) {
    if (action.actionType !== "FLAG" || !REASONS.includes(action.reason)) {
      throw new Error("action");
    }
  }
  if ((answer.tags ?? []).some((tag) => !TAGS.includes(tag))) throw new Error("tag");
  return answer;
}

// An error of any kind lets the comment pass on to the next phase.
async function moderate() {
  try {
    const response = await ask();
    if (!response.ok) return { passed: `status ${response.status}` };
    const text = await response.text();
    if (response.status === 204 || text === "" || text === "{}") return { passed: "silence" };
    return check(JSON.parse(text));
  } catch (error) {
    return { passed: error.name };
  }
}

console.log(JSON.stringify(await moderate()));
