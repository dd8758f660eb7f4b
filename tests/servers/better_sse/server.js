// Numbered events by better-sse, from the one after the last event ID on. Prints its port.
import { createServer } from "node:http";
import { setTimeout } from "node:timers/promises";

import { createSession } from "better-sse";

const LAST = 12;

const server = createServer(async (request, response) => {
  const session = await createSession(request, response, { retry: 20, keepAlive: 10 });
  for (let number = Number(session.lastId) + 1; session.isConnected && number <= LAST; number++) {
    session.push({ number, text: "schön 🎉" }, number % 2 ? "tick" : "tock", String(number));
    await setTimeout(20);
  }
  if (session.isConnected) session.push(null, "end", String(LAST));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
