// What the service says, and the token where it asks for one.
import { byId } from "./dom.js";

const KEY = "feedback-stream token";
let asking = null;

/** Wait until somebody has typed a token. */
function askForToken() {
  asking ??= new Promise((done) => {
    const dialog = byId("login");
    dialog.onclose = () => {
      asking = null;
      sessionStorage.setItem(KEY, byId("token").value);
      byId("token").value = "";
      done();
    };
    dialog.oncancel = (event) => event.preventDefault();
    dialog.showModal();
  });
  return asking;
}

/** The answer to a question such as `scores?window=24h`; asks for a token where that is what is wanted. */
export async function ask(question) {
  const token = sessionStorage.getItem(KEY);
  const answer = await fetch(`api/${question}`, token ? { headers: { Authorization: `Bearer ${token}` } } : {});
  if (answer.status === 401 && /^Bearer/.test(answer.headers.get("WWW-Authenticate"))) {
    if (token === sessionStorage.getItem(KEY)) await askForToken();
    return ask(question);
  }
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer.json();
}
