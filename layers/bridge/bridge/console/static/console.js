// The page's own script: moves between views, signs in, keeps forms and copies quiet. htmx does the rest; it is
// loaded after this, for it keeps the address that it finds, which after a login holds the code.
"use strict";
(() => {
  const VIEWS = "/console/view/";
  const signIn = JSON.parse(document.querySelector('meta[name="console"]').content);
  const words = document.getElementById("words").dataset;
  const said = document.getElementById("said");
  const start = document.getElementById("start");
  let token = null; // in memory alone: it ends with the page
  let leaving = false; // for the login or from it: nothing is asked any more, and nobody leaves twice

  // --- signing in: authorization code with PKCE (RFC 7636), as Amazon Cognito's managed login has it ---------

  const home = `${location.origin}/console`;
  const ENTRY = "bridge-sign-in"; // of sessionStorage, between leaving for the login and coming back

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

  async function leaveForLogin() {
    if (leaving) return;
    leaving = true;
    start.textContent = words.signingIn;
    const verifier = random();
    const state = random();
    const back = location.pathname + location.search;
    sessionStorage.setItem(ENTRY, JSON.stringify({ verifier, state, back }));
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    location.assign(`${signIn.authority}/oauth2/authorize?${new URLSearchParams({
      response_type: "code",
      client_id: signIn.client,
      redirect_uri: home,
      scope: "openid",
      state,
      code_challenge: base64url(digest),
      code_challenge_method: "S256",
    })}`);
  }

  async function askForToken(fields) {
    const answer = await fetch(`${signIn.authority}/oauth2/token`, {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ client_id: signIn.client, ...fields }),
    });
    if (!answer.ok) throw new Error(`${answer.status}`);
    const given = await answer.json();
    token = given.access_token;
    const refresh = given.refresh_token || fields.refresh_token;
    // a minute before it ends, or halfway where it is short
    const left = Math.max(given.expires_in - 60, given.expires_in / 2);
    if (refresh) {
      setTimeout(
        () => askForToken({ grant_type: "refresh_token", refresh_token: refresh }).catch(leaveForLogin),
        1000 * left,
      );
    }
  }

  function tellSignInFailed(why) {
    start.textContent = words.signInFailed.replace("…", why);
    const again = document.createElement("button");
    again.className = "btn go";
    again.textContent = words.signInAgain;
    again.addEventListener("click", leaveForLogin);
    start.after(again);
  }

  // Returns whether the page may go on.
  async function enter() {
    if (!signIn.authority) return true;
    const query = new URLSearchParams(location.search);
    const kept = JSON.parse(sessionStorage.getItem(ENTRY) || "null");
    if (query.has("error")) {
      tellSignInFailed(query.get("error"));
      return false;
    }
    if (!query.has("code") || !kept || kept.state !== query.get("state")) {
      await leaveForLogin();
      return false;
    }
    sessionStorage.removeItem(ENTRY);
    history.replaceState(null, "", kept.back);
    try {
      const code = query.get("code");
      await askForToken({ grant_type: "authorization_code", code, redirect_uri: home, code_verifier: kept.verifier });
    } catch (error) {
      tellSignInFailed(error.message);
      return false;
    }
    return true;
  }

  function signOut() {
    leaving = true;
    token = null;
    location.assign(
      `${signIn.authority}/logout?${new URLSearchParams({ client_id: signIn.client, logout_uri: home })}`,
    );
  }

  // --- moving between views ---------------------------------------------------------------------------------

  function viewOf(address) {
    const name = address.pathname.replace(/^\/(console)?\/?/, "") || "orders";
    return `${VIEWS}${name}${address.search}`;
  }

  let focusNext = false;

  async function show(address, { push = false, stay = false } = {}) {
    if (push) history.pushState(null, "", address);
    focusNext = !stay;
    await htmx.ajax("GET", viewOf(address), { target: "#page", swap: "innerHTML" });
  }

  function arrived() {
    const view = document.getElementById("view");
    if (!view) return;
    document.title = view.dataset.title;
    document.documentElement.lang = view.dataset.language;
    if (focusNext) {
      focusNext = false;
      scrollTo(0, 0);
      const heading = view.querySelector("h1");
      if (heading) {
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
      }
    }
  }

  function isOurs(link) {
    return link.origin === location.origin && /^\/console(\/|\?|$)/.test(link.pathname + link.search) && !link.target;
  }

  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[href]");
    if (link && isOurs(link)) {
      if (link.hash && link.pathname === location.pathname) return;
      event.preventDefault();
      show(new URL(link.href), { push: true, stay: "stay" in link.dataset });
      return;
    }
    const button = event.target.closest("button");
    if (!button) return;
    if (button.getAttribute("aria-disabled") === "true") event.preventDefault();
    if ("signOut" in button.dataset) signOut();
    if ("again" in button.dataset) show(new URL(location.href));
    if ("close" in button.dataset) button.closest("details").open = false;
    if (button.dataset.copy) copy(button);
    if (button.dataset.language) {
      localStorage.setItem("bridge-language", button.dataset.language);
      show(new URL(location.href), { stay: true });
    }
  });

  async function copy(button) {
    await navigator.clipboard.writeText(button.dataset.copy);
    const before = button.textContent;
    button.textContent = said.textContent = words.copied;
    setTimeout(() => { button.textContent = before; }, 2000);
  }

  addEventListener("popstate", () => show(new URL(location.href)));

  // --- what htmx asks and gets ---------------------------------------------------------------------------------

  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (token) detail.headers.Authorization = `Bearer ${token}`;
    const language = localStorage.getItem("bridge-language");
    if (language) detail.headers["Accept-Language"] = language;
    if (detail.elt.hasAttribute("data-follow")) {
      const rows = document.querySelectorAll(".orders > li[data-key], #summary");
      detail.parameters.seen = [...rows].map((row) => `${row.dataset.key} ${row.dataset.digest}`).join("\n");
    }
  });

  // What looks again by itself rests while nobody sees the page, or while somebody answers a question in it.
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = event.detail;
    const looksByItself = /every/.test(elt.getAttribute("hx-trigger") || "") && requestConfig.verb === "get";
    const isAsked = ["data-calm", "id"].some((name) => elt.hasAttribute(name)) && elt.querySelector("details.ask[open]");
    if (leaving || (looksByItself && (document.hidden || isAsked))) event.preventDefault();
  });

  // What a view has asked that makes room for another is answered to nobody.
  document.addEventListener("htmx:beforeSwap", ({ target, detail }) => {
    if (target.id !== "page") return;
    for (const asking of target.querySelectorAll(".htmx-request")) {
      if (asking !== detail.requestConfig.elt) asking.addEventListener("htmx:beforeOnLoad", (event) => event.preventDefault());
    }
  });

  document.addEventListener("htmx:afterSettle", ({ detail }) => detail.target.id === "page" && arrived());

  document.addEventListener("htmx:afterRequest", ({ detail }) => {
    if (detail.successful) said.classList.add("hide");
    if (detail.elt.matches("[data-finder]") && detail.successful) {
      const fields = [...new FormData(detail.elt)].filter(([name, value]) => value && !(name === "when" && value === "today"));
      const query = new URLSearchParams(fields).toString();
      history.replaceState(null, "", query ? `/console?${query}` : "/console");
    }
  });

  document.addEventListener("htmx:responseError", ({ detail }) => {
    if (detail.xhr.status === 401 && signIn.authority) leaveForLogin();
    else tellFailed();
  });
  document.addEventListener("htmx:sendError", tellFailed);
  document.addEventListener("htmx:timeout", tellFailed);

  function tellFailed() {
    said.textContent = words.failed;
    said.classList.remove("hide");
    if (start.isConnected) setTimeout(arriveFirst, 5000);
  }

  // The focus stays where a newly opened page has it: at the top, so that Tab finds the skip link first.
  const arriveFirst = () => show(new URL(location.href), { stay: true });

  const loaded = new Promise((go) => document.addEventListener("DOMContentLoaded", go));

  Promise.all([enter(), loaded]).then(([may]) => may && arriveFirst());
})();
