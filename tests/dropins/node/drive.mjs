// Calls the functions of docs/clients.md: reads what to do from stdin, writes what came of it.

import { readFileSync } from "node:fs";

import { follow, post, read, receive } from "./comments.mjs";

const { articleId, comments, message } = JSON.parse(readFileSync(0, "utf8"));

const posted = [];
for (const comment of comments) posted.push(await post(articleId, comment));

let cursor;
for await (const [id, decision] of follow()) {
  cursor = id;
  if (decision.comment_id === comments[0].id) break;
}

const followed = [];
for await (const [, decision] of follow(cursor)) {
  followed.push(decision.comment_id);
  if (followed.length === comments.length - 1) break;
}

let refused;
try {
  receive(message.body + " ", message.headers);
} catch (error) {
  refused = error.name;
}

const first = await read(comments[0].id);
const received = receive(message.body, message.headers);
console.log(JSON.stringify({ posted, first, followed, received, refused }));
