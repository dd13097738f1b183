// The certified OpenID provider `oidc-provider`, with clients of ours and a login that asks for nothing:
//   node provider.mjs <folder with node_modules> <configuration as JSON>
// GET /interaction/<id> tells what is asked for, POST says who logs in, how surely, and how long ago.
import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, given] = process.argv.slice(2);
const { default: Provider } = await import(pathToFileURL(join(folder, 'node_modules/oidc-provider/lib/index.js')));
const { issuer, port, clients, audience, roles } = JSON.parse(given);
const key = (kind, options, more) => ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });

const provider = new Provider(issuer, {
  clients,
  jwks: { keys: [key('rsa', { modulusLength: 2048 }, { kid: 'rsa', alg: 'RS256' })] },
  cookies: { keys: ['only for tests'] },
  acrValues: ['basic', 'substantial', 'high'],
  claims: { openid: ['sub', 'roles'], profile: ['name', 'given_name', 'family_name'], acr: null, auth_time: null, sid: null },
  conformIdTokenClaims: false,
  pkce: { required: () => true },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      getResourceServerInfo: () => ({ scope: '', audience, accessTokenTTL: 300, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  extraTokenClaims: (_, token) => (token.kind === 'ClientCredentials' ? { roles } : undefined),
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({ sub, name: sub, given_name: sub, family_name: 'Beispiel', roles: sub === 'healthadmin' ? ['health_admin'] : [] }),
  }),
  // The package's own refuses to speak with this machine, where the tests' website is.
  fetch: (url, { dispatcher, ...options }) => fetch(url, options),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

async function body(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return new URLSearchParams(text);
}

async function consent(details, accountId) {
  const grant = new provider.Grant({ accountId, clientId: details.params.client_id });
  grant.addOIDCScope(details.params.scope);
  return grant.save();
}

async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method === 'GET') {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ prompt: details.prompt, params: details.params }));
    return;
  }
  const form = await body(request);
  const accountId = form.get('account');
  const ts = Math.floor(Date.now() / 1000) - Number(form.get('ago') ?? 0);
  const login = { accountId, acr: form.get('acr') ?? undefined, ts };
  await provider.interactionFinished(request, response, { login, consent: { grantId: await consent(details, accountId) } });
}

const callback = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return callback(request, response);
  return interaction(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error.stack ?? error));
  });
}).listen(port, '127.0.0.1');
