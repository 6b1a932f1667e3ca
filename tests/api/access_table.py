"""Who may come in where: every route of the application, and what it asks for.

Written by hand and on purpose: what the code asks for is not read from the code. A door is
`anybody`, `nothing` (there is nothing for anybody), or what opens it:

- `key SCOPE`: an API key of the site with that scope,
- `token ROLE`: a moderator's token with that role on the site, or one that may do more,
- `page ROLE`: the same, signed in with a browser,
- `perspective`, `openai` or `akismet SCOPE`: a key, and refusals in that protocol's shape,
- `coral`: a signature, and no key at all,
- `proof`: a password, or an answer of the OpenID Connect provider.
"""

from __future__ import annotations

_TABLE = """
GET                    /                                               anybody
GET                    /static/<path:filename>                         anybody
GET                    /demo                                           anybody
GET                    /demo/comments                                  anybody
POST                   /demo/comments                                  anybody
GET                    /demo/static/<path:filename>                    anybody
GET                    /demo/stream                                    anybody
GET                    /docs                                           anybody
GET                    /docs/static/<path:filename>                    anybody
GET                    /openapi.json                                   anybody
GET                    /healthz                                        anybody
GET                    /readyz                                         anybody
GET                    /metrics                                        anybody

POST                   /v1/articles/<opaque:article_id>/comments       key post
GET                    /v1/articles/<opaque:article_id>/comments       key read
POST                   /v1/comments/batch                              key post
GET                    /v1/comments/<opaque:comment_id>                key read
DELETE                 /v1/comments/<opaque:comment_id>                key moderate
POST                   /v1/comments/<opaque:comment_id>/reports        key post
DELETE                 /v1/authors/<opaque:author_id>                  key moderate
GET                    /v1/decisions                                   key read
GET                    /v1/decisions/stream                            key read
POST                   /v1/score                                       key post

GET                    /v1/policy                                      key read, token viewer
PUT                    /v1/policy                                      key admin, token admin
POST                   /v1/policy/effect                               key read, token viewer
GET                    /v1/policy/history                              key read, token viewer
POST                   /v1/policy/revert                               key admin, token admin
POST                   /v1/policy/words                                key read, token viewer
GET                    /v1/retention                                   key admin, token admin
PUT                    /v1/retention                                   key admin, token admin
GET                    /v1/webhooks                                    key admin, token admin
POST                   /v1/webhooks                                    key admin, token admin
GET                    /v1/webhooks/<webhook_id>                       key admin, token admin
PATCH                  /v1/webhooks/<webhook_id>                       key admin, token admin
DELETE                 /v1/webhooks/<webhook_id>                       key admin, token admin
GET                    /v1/webhooks/<webhook_id>/deliveries            key admin, token admin
GET                    /v1/webhooks/<webhook_id>/parked                key admin, token admin
POST                   /v1/webhooks/<webhook_id>/ping                  key admin, token admin
POST                   /v1/webhooks/<webhook_id>/replay                key admin, token admin
POST                   /v1/webhooks/<webhook_id>/rotate                key admin, token admin
GET                    /v1/keys                                        key admin, token admin
POST                   /v1/keys                                        key admin, token admin
DELETE                 /v1/keys/<key_id>                               key admin, token admin
POST                   /v1/keys/<key_id>/rotate                        key admin, token admin

GET                    /v1/me                                          token viewer
GET                    /v1/preferences                                 token viewer
PUT                    /v1/preferences                                 token viewer
GET                    /v1/moderators                                  token admin
POST                   /v1/moderators                                  token admin
PATCH                  /v1/moderators/<name>                           token admin
GET                    /v1/queue                                       token viewer
GET                    /v1/queue/histogram                             token viewer
GET                    /v1/review                                      token viewer
GET                    /v1/comments/<opaque:comment_id>/case           token viewer
POST                   /v1/comments/<opaque:comment_id>/decision       token moderator
POST                   /v1/comments/<opaque:comment_id>/undo           token moderator
POST                   /v1/comments/<opaque:comment_id>/claim          token moderator
DELETE                 /v1/comments/<opaque:comment_id>/claim          token moderator
POST                   /v1/comments/<opaque:comment_id>/opinion        token moderator
GET                    /v1/articles/<opaque:article_id>/cases          token viewer
PUT                    /v1/articles/<opaque:article_id>/rules          token moderator
GET                    /v1/authors/<opaque:author_id>/cases            token viewer
PUT                    /v1/authors/<opaque:author_id>/rules            token moderator
POST                   /v1/batches                                     token moderator
GET                    /v1/batches                                     token viewer
GET                    /v1/batches/<batch_id>                          token viewer
POST                   /v1/batches/<batch_id>/undo                     token moderator
GET                    /v1/audit                                       token viewer
GET                    /v1/drift                                       token viewer
GET                    /v1/figures                                     token viewer
GET                    /v1/labels                                      token viewer
POST                   /v1/labels                                      token admin
DELETE                 /v1/labels                                      token admin
GET                    /v1/labels/agreement                            token viewer
GET                    /v1/labels/doubts                               token viewer
GET                    /v1/labels/summary                              token viewer
GET                    /v1/models                                      token viewer
GET                    /v1/models/<version>                            token viewer
GET                    /v1/models/<version>/card                       token viewer
GET                    /v1/models/<version>/shadow                     token viewer
POST                   /v1/models/<version>/compare                    token admin
POST                   /v1/models/<version>/promote                    token admin
POST                   /v1/models/rollback                             token admin
PUT                    /v1/models/shadow                               token admin
GET                    /v1/trainings                                   token viewer
POST                   /v1/trainings                                   token admin
GET                    /v1/trainings/<training_id>                     token viewer
POST                   /v1/trainings/<training_id>/cancel              token admin
GET                    /v1/trainings/schedule                          token viewer
PUT                    /v1/trainings/schedule                          token admin

POST                   /v1alpha1/comments:analyze                      perspective post
DELETE,GET,PATCH,PUT   /v1alpha1/comments:analyze                      nothing
POST                   /v1alpha1/comments:suggestscore                 perspective moderate
DELETE,GET,PATCH,PUT   /v1alpha1/comments:suggestscore                 nothing
DELETE,GET,PATCH,POST,PUT  /v1alpha1/                                  nothing
DELETE,GET,PATCH,POST,PUT  /v1alpha1/<opaque:_rest>                    nothing
GET                    /$discovery/rest                                anybody
DELETE,PATCH,POST,PUT  /$discovery/rest                                nothing
DELETE,GET,PATCH,POST,PUT  /$discovery/<opaque:_rest>                  nothing
POST                   /v1/moderations                                 openai post
DELETE,GET,PATCH,PUT   /v1/moderations                                 nothing
POST                   /1.1/verify-key                                 akismet post
POST                   /1.1/comment-check                              akismet post
POST                   /1.1/submit-spam                                akismet moderate
POST                   /1.1/submit-ham                                 akismet moderate
GET,POST               /1.2/key-sites                                  akismet post
GET,POST               /1.2/usage-limit                                akismet post
DELETE,GET,PATCH,POST,PUT  /1.1/<path:call>                            nothing
DELETE,GET,PATCH,POST,PUT  /1.2/<path:call>                            nothing
POST                   /coral/<site>                                   coral
DELETE,GET,PATCH,PUT   /coral/<site>                                   nothing

GET                    /console/static/<path:filename>                 anybody
GET                    /console/sign-in                                anybody
POST                   /console/sign-in                                proof
GET                    /console/oidc                                   anybody
GET                    /console/oidc/back                              proof
POST                   /console/sign-out                               page viewer
POST                   /console/site                                   page viewer
GET                    /console                                        page viewer
GET                    /console/<path:elsewhere>                       nothing
GET                    /console/queue                                  page viewer
GET                    /console/queue/marks                            page viewer
GET                    /console/queue/news                             page viewer
GET                    /console/review                                 page viewer
POST                   /console/review/skip                            page moderator
GET                    /console/comments/<opaque:comment_id>           page viewer
POST                   /console/comments/<opaque:comment_id>/claim     page moderator
POST                   /console/comments/<opaque:comment_id>/decision  page moderator
POST                   /console/comments/<opaque:comment_id>/release   page moderator
POST                   /console/comments/<opaque:comment_id>/undo      page moderator
POST                   /console/undo                                   page moderator
GET                    /console/articles/<opaque:article_id>           page viewer
POST                   /console/articles/<opaque:article_id>/rules     page moderator
GET                    /console/authors/<opaque:author_id>             page viewer
POST                   /console/authors/<opaque:author_id>/rules       page moderator
GET                    /console/batch                                  page moderator
POST                   /console/batch                                  page moderator
POST                   /console/batch/selection                        page moderator
GET                    /console/batch/<batch_id>                       page moderator
POST                   /console/batch/<batch_id>/undo                  page moderator
GET                    /console/batches                                page moderator
GET                    /console/policy                                 page viewer
POST                   /console/policy                                 page admin
POST                   /console/policy/effect                          page viewer
POST                   /console/policy/words                           page viewer
POST                   /console/policy/revert                          page admin
GET                    /console/labels                                 page viewer
GET                    /console/labels.jsonl                           page viewer
GET                    /console/labels/second-look                     page viewer
POST                   /console/labels/doubts                          page moderator
POST                   /console/labels/opinion                         page moderator
GET                    /console/models                                 page viewer
GET                    /console/models/<version>                       page viewer
GET                    /console/models/<version>/shadow                page viewer
POST                   /console/models/<version>/shadow                page admin
POST                   /console/models/<version>/compare               page admin
POST                   /console/models/<version>/promote               page admin
POST                   /console/models/rollback                        page admin
POST                   /console/trainings                              page admin
POST                   /console/trainings/<training_id>/cancel         page admin
POST                   /console/trainings/schedule                     page admin
GET                    /console/drift                                  page viewer
GET                    /console/figures                                page viewer
GET                    /console/audit                                  page viewer
GET                    /console/audit.csv                              page viewer
GET                    /console/webhooks                               page admin
POST                   /console/webhooks                               page admin
GET                    /console/webhooks/<endpoint_id>                 page admin
POST                   /console/webhooks/<endpoint_id>                 page admin
POST                   /console/webhooks/<endpoint_id>/disable         page admin
POST                   /console/webhooks/<endpoint_id>/enable          page admin
POST                   /console/webhooks/<endpoint_id>/ping            page admin
POST                   /console/webhooks/<endpoint_id>/remove          page admin
POST                   /console/webhooks/<endpoint_id>/replay          page admin
POST                   /console/webhooks/<endpoint_id>/rotate          page admin
GET                    /console/keys                                   page admin
POST                   /console/keys                                   page admin
POST                   /console/keys/rotate                            page admin
POST                   /console/keys/revoke                            page admin
GET                    /console/retention                              page admin
POST                   /console/retention                              page admin
POST                   /console/retention/effect                       page admin
GET                    /console/people                                 page admin
POST                   /console/people                                 page admin
POST                   /console/people/disable                         page admin
POST                   /console/people/enable                          page admin
POST                   /console/people/password                        page admin
POST                   /console/people/revoke                          page admin
POST                   /console/people/role                            page admin
POST                   /console/people/token                           page admin
GET                    /console/preferences                            page viewer
POST                   /console/preferences                            page viewer
POST                   /console/preferences/end-session                page viewer
POST                   /console/preferences/password                   page viewer
POST                   /console/preferences/token                      page viewer
"""


def _rows() -> dict[tuple[str, str], str]:
    rows: dict[tuple[str, str], str] = {}
    for line in filter(None, _TABLE.splitlines()):
        methods, rule, door = line.split(maxsplit=2)
        for method in methods.split(","):
            assert (method, rule) not in rows, line
            rows[method, rule] = door
    return rows


#: Method and rule → what opens the door.
DOORS = _rows()
