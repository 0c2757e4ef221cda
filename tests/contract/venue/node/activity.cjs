// Subscribes to the activity feed with Polymarket's own client and prints what it hands on, a line of
// JSON a message. Arguments: the folder with node_modules, the feed's address, the subscriptions as
// JSON. A line "unsubscribe" on its input ends the subscriptions; the end of its input ends it.
"use strict";
const { createRequire } = require("node:module");
const path = require("node:path");
const readline = require("node:readline");

const [folder, host, subscriptions] = process.argv.slice(2);
const load = createRequire(path.join(folder, "package.json"));
const { RealTimeDataClient } = load("@polymarket/real-time-data-client");

// The client reports frames that are no message with console.log: they are not for our reader.
console.log = (...words) => console.error(...words);

const asked = { subscriptions: JSON.parse(subscriptions) };
const client = new RealTimeDataClient({
  host,
  onConnect: (connected) => connected.subscribe(asked),
  onMessage: (_, message) => process.stdout.write(JSON.stringify(message) + "\n"),
});
client.connect();

const said = readline.createInterface({ input: process.stdin });
said.on("line", (line) => {
  if (line === "unsubscribe") client.unsubscribe(asked);
});
said.on("close", () => process.exit(0));
