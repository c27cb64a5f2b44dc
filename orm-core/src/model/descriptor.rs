//! How descriptors are read and built.

/// Declares a descriptor. Its fields are private, so another one breaks no program: each is read by a function of its name,
/// and generated code sets it with the function behind `=>`. Those that are `unread` are read only inside the crate.
macro_rules! descriptor {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$doc:meta])* $field:ident $(=> $with:ident)?: $ty:ty,)*
        }
        $(unread { $($(#[$unread_doc:meta])* $unread:ident: $unread_ty:ty,)* })?
    ) => {
        $(#[$meta])*
        pub struct $name {
            $(pub(crate) $field: $ty,)*
            $($($(#[$unread_doc])* pub(crate) $unread: $unread_ty,)*)?
        }

        impl $name {
            $(
                $(#[$doc])*
                pub const fn $field(&self) -> $ty {
                    self.$field
                }

                $(
                    /// For generated code.
                    #[doc(hidden)]
                    #[must_use]
                    pub const fn $with(mut self, $field: $ty) -> Self {
                        self.$field = $field;
                        self
                    }
                )?
            )*
        }
    };
}

pub(crate) use descriptor;
