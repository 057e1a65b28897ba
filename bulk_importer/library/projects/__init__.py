"""What programs do with projects as a whole: `backing_up` writes a project down, `migrating` moves it into another."""
