import { Refused } from "./refused.js";

// Send a body and return the response; throws Refused where its status is not 200.
export async function post(url, headers, body) {
  const response = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(20_000) });
  if (!response.ok) throw new Refused(response.status, await response.text());
  return response;
}
