// What @cedx/akismet makes of a service: node akismet.js BASE_URL API_KEY < comments.json
import { readFileSync } from "node:fs";
import process from "node:process";
import { Author, Blog, Client, Comment } from "@cedx/akismet";

const [baseUrl, apiKey] = process.argv.slice(2);
const { good, bad } = JSON.parse(readFileSync(0, "utf8"));
const blog = new Blog({ charset: "UTF-8", languages: ["en"], url: "https://blog.example.org" });
const client = new Client(apiKey, blog, { baseUrl });
const stranger = new Client("wrong", blog, { baseUrl });

function comment(content, author = {}) {
    return new Comment({
        author: new Author({ ipAddress: "192.0.2.1", name: "Anna", userAgent: "Mozilla/5.0", ...author }),
        content,
        context: ["gardens", "libraries"],
        date: new Date(),
        permalink: "https://blog.example.org/post",
        type: "comment",
    });
}

async function outcome(promise) {
    try {
        return (await promise) ?? null;
    } catch (error) {
        return `Error: ${error.message}`;
    }
}

console.log(JSON.stringify({
    verified: await outcome(client.verifyKey()),
    strangerVerified: await outcome(stranger.verifyKey()),
    good: await outcome(client.checkComment(comment(good))),
    bad: await outcome(client.checkComment(comment(bad))),
    guaranteedSpam: await outcome(client.checkComment(comment(good, { name: "viagra-test-123" }))),
    administrator: await outcome(client.checkComment(comment(bad, { role: "administrator" }))),
    stranger: await outcome(stranger.checkComment(comment(good))),
    withoutAddress: await outcome(client.checkComment(comment(good, { ipAddress: "" }))),
    submittedHam: await outcome(client.submitHam(comment(good))),
    submittedSpam: await outcome(client.submitSpam(comment(bad))),
}));
