// An OpenID Connect provider for the tests: the real `oidc-provider`, with people whom the tests make.
//
//   node provider.mjs FOLDER PORT     FOLDER holds node_modules; the keys are new at every start
//
// Standard: discovery, registration of clients (POST /reg), authorisation, token, userinfo, end of session.
// Ours: PUT and DELETE /people/SUB (the claims as JSON), PUT /lifetimes ({"code": seconds}).
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const entry = pathToFileURL(join(folder, 'node_modules/oidc-provider/lib/index.js'));
const { default: Provider } = await import(entry);

const people = new Map();
const lifetimes = { code: 60 };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  jwks: { keys: [{ ...generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256' }] },
  cookies: { keys: [randomBytes(16).toString('hex')] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  features: { registration: { enabled: true }, rpInitiatedLogout: { enabled: true }, devInteractions: { enabled: false } },
  clientDefaults: { id_token_signed_response_alg: 'ES256' },
  enabledJWA: { idTokenSigningAlgValues: ['ES256', 'HS256'] },
  ttl: { AuthorizationCode: () => lifetimes.code },
  interactions: { url: (_, interaction) => `/sign-in/${interaction.uid}` },
  findAccount: (_, sub) => people.has(sub) && { accountId: sub, claims: () => ({ sub, ...people.get(sub) }) },
  // The client is our own: whoever signs in agrees.
  loadExistingGrant: async (ctx) => {
    const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
});

const FORM = `<!doctype html><title>Provider</title><form method="post">
<input name="login" autofocus><button name="answer" value="yes">Sign in</button><button name="answer" value="no">Refuse</button></form>`;

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

async function signIn(request, response) {
  if (request.method !== 'POST') return response.setHeader('Content-Type', 'text/html').end(FORM);
  const fields = new URLSearchParams(await body(request));
  const known = fields.get('answer') === 'yes' && people.has(fields.get('login'));
  const result = known ? { login: { accountId: fields.get('login') } } : { error: 'access_denied' };
  return provider.interactionFinished(request, response, result);
}

async function change(request, response) {
  const [, what, sub] = request.url.split('/');
  if (what === 'lifetimes') Object.assign(lifetimes, JSON.parse(await body(request)));
  else if (request.method === 'DELETE') people.delete(sub);
  else people.set(sub, JSON.parse(await body(request)));
  response.writeHead(204).end();
}

function handler(url) {
  if (url.startsWith('/sign-in/')) return signIn;
  return url.startsWith('/people/') || url === '/lifetimes' ? change : provider.callback();
}

createServer((request, response) => handler(request.url)(request, response)).listen(Number(port), '127.0.0.1');
