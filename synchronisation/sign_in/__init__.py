"""People who sign in with OpenID Connect, to the API by token and to the admin; a metaverse object says who they are.

Off until JIM_OIDC_AUTHORITY is set. Here because people are metaverse objects; tokens themselves are read by
`jim.accounts.oidc`.
"""
