// Talking to the server: one cookie, one header token, errors with what to do.

let token = "";

/** What the server said when it refused: its code, what happened and what to do. */
export class Refused extends Error {
  constructor(status, facts) {
    super(facts.what || "the server refused");
    this.status = status;
    this.code = facts.error || "refused";
    this.remedy = facts.remedy || "";
  }
}

/** Enter: by the one-time token of the address, else by the cookie. Returns who sits here. */
export async function enter() {
  const once = location.hash.slice(1);
  history.replaceState(null, "", location.pathname + location.search);
  let found;
  if (once) {
    found = await post("/api/session", { token: once }).catch(async (refused) => {
      return get("/api/session").catch(() => { throw refused; });
    });
  } else {
    found = await get("/api/session").catch((refused) => (refused.status === 401 ? post("/api/session", {}) : Promise.reject(refused)));
  }
  token = found.token;
  return found.person;
}

async function answered(response) {
  if (response.ok) return response;
  let facts = {};
  try { facts = await response.json(); } catch { /* the server is gone or said nothing */ }
  const refused = new Refused(response.status, facts);
  if (response.status === 401 && token) dispatchEvent(new CustomEvent("locked", { detail: refused }));
  throw refused;
}

async function ask(path, options) {
  try {
    return await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, { error: "gone", what: "the server does not answer", remedy: "Start `bodycam review open` again; every decision is kept." });
  }
}

export async function get(path, { background = false, signal } = {}) {
  const headers = background ? { "x-bodycam-background": "1" } : {};
  return (await answered(await ask(path, { headers, signal }))).json();
}

export async function bytes(path, { background = false, signal } = {}) {
  const headers = background ? { "x-bodycam-background": "1" } : {};
  return (await answered(await ask(path, { headers, signal }))).arrayBuffer();
}

export async function picture(path, { background = false, signal } = {}) {
  return createImageBitmap(new Blob([await bytes(path, { background, signal })]));
}

export async function post(path, body = {}, { keepalive = false } = {}) {
  const headers = { "content-type": "application/json", "x-bodycam-token": token };
  return (await answered(await ask(path, { method: "POST", headers, body: JSON.stringify(body), keepalive }))).json();
}
