//! Part 3, 12 and 24.1: objects.
mod activate_credential;
mod create;
mod create_loaded;
mod load;
mod make_credential;
mod object_change_auth;
mod read_public;
mod unseal;

actions! {
    CreatePrimary Create CreateLoaded Load LoadExternal ReadPublic Unseal MakeCredential ActivateCredential ObjectChangeAuth
}
